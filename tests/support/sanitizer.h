/* Which sanitizer a test runs under, for what that one cannot do. */
#ifndef LIO_TESTS_SANITIZER_H
#define LIO_TESTS_SANITIZER_H

#if defined(__SANITIZE_THREAD__)
#define LIO_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LIO_TEST_TSAN 1
#endif
#endif
#ifndef LIO_TEST_TSAN
#define LIO_TEST_TSAN 0
#endif

#endif
