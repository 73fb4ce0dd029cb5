/* Which sanitizer a test runs under, for what that one cannot do, or does too
 * slowly. */
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

#if defined(__SANITIZE_ADDRESS__)
#define LIO_TEST_SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIO_TEST_SLOW 1
#endif
#endif
#ifndef LIO_TEST_SLOW
#define LIO_TEST_SLOW LIO_TEST_TSAN
#endif

#endif
