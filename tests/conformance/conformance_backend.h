/*
 * The tests every backend passes, by what they are about.
 */
#ifndef LIO_TESTS_CONFORMANCE_BACKEND_H
#define LIO_TESTS_CONFORMANCE_BACKEND_H

/* Each returns how many tests failed. */
int test_backend_data(void);
int test_backend_files(void);
int test_backend_queue(void);
int test_backend_threads(void);

#endif
