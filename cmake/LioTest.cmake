# lio_add_test(<group>.<name> COMMAND <command>... [TIMEOUT <seconds>]
#              [ENVIRONMENT <name>=<value>...] [PROPERTIES <name> <value>...]
#              [ONE_THREAD])
#
# One test of this build.  Its name is led by LIO_TEST_PREFIX, so that builds
# with different compilers and sanitizers can be run and counted together; its
# label is the group.  Exit code 77 means skipped.  ONE_THREAD: it starts no
# other, and takes long, so the thread sanitizer's build leaves it to the others.
set(LIO_TEST_PREFIX "" CACHE STRING "What leads the name of every test")

# For tests that make and sync hundreds of small files: a directory in memory,
# where there is one.
set(LIO_TEST_IN_MEMORY)
if(EXISTS /dev/shm)
  set(LIO_TEST_IN_MEMORY TMPDIR=/dev/shm)
endif()

# CTest does so where BUILD_TESTING is on; fuzzers are the tests of a build
# that has no others.
if(LIO_FUZZ)
  enable_testing()
endif()

function(lio_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ONE_THREAD" "TIMEOUT"
    "COMMAND;ENVIRONMENT;PROPERTIES")
  if(arg_ONE_THREAD AND LIO_SANITIZE STREQUAL "thread")
    return()
  endif()
  string(REGEX MATCH "^[a-z]+" group ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()

  set(test ${LIO_TEST_PREFIX}${name})
  add_test(NAME ${test} COMMAND ${arg_COMMAND})
  set_tests_properties(${test} PROPERTIES
    SKIP_RETURN_CODE 77 TIMEOUT ${arg_TIMEOUT} LABELS ${group}
    ENVIRONMENT "LIO_TEST_PLUGINS=${PROJECT_BINARY_DIR}/plugins;LIO_TEST_DATA=${PROJECT_SOURCE_DIR}/tests/data;${arg_ENVIRONMENT}"
    ${arg_PROPERTIES})
endfunction()

# lio_add_unit_test(<name> [SOURCES <file>...] [LIBS <target>...] [ONE_THREAD])
#
# A cmocka program tests/unit/<name>.c, linked with the core's objects, so that
# it sees what the library hides.
function(lio_add_unit_test name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "ONE_THREAD" "" "SOURCES;LIBS")
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/${name}.c)
  endif()
  set(one_thread)
  if(arg_ONE_THREAD)
    set(one_thread ONE_THREAD)
  endif()

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    lio_core_static lio_options lio_test_support PkgConfig::CMOCKA ${arg_LIBS})
  lio_add_test(unit.${name} COMMAND ${name} ${one_thread})
endfunction()
