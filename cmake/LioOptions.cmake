# What every target of this build is compiled with.  PRIVATE everywhere, never
# exported: a user's program is not bound to our warnings.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

set(LIO_SANITIZE "" CACHE STRING
  "Sanitizers to build with, e.g. 'address,undefined' or 'thread'")
option(LIO_WERROR "Treat warnings as errors" OFF)
option(LIO_COVERAGE "Build for line coverage" OFF)
option(LIO_FUZZ "Build the libFuzzer programs (needs clang)" OFF)

add_library(lio_options INTERFACE)
target_compile_definitions(lio_options INTERFACE _GNU_SOURCE)
# gcc warns of outputs that "may be used uninitialized" because it cannot know
# that an error code is negative.  Initialising them all would silence it, and
# with it the tools that find the real cases: clang, the sanitizers, valgrind.
target_compile_options(lio_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2
  $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<BOOL:${LIO_WERROR}>:-Werror>)

if(LIO_SANITIZE)
  target_compile_options(lio_options INTERFACE
    -fsanitize=${LIO_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(lio_options INTERFACE -fsanitize=${LIO_SANITIZE})
endif()

if(LIO_COVERAGE)
  # Atomic, because threads count at once: torn counts come out negative.
  target_compile_options(lio_options INTERFACE
    --coverage -fprofile-update=atomic)
  target_link_options(lio_options INTERFACE --coverage)
endif()

# Everything is watched for new paths; only the fuzzers get a main().
if(LIO_FUZZ)
  target_compile_options(lio_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
