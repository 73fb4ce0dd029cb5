# lio_add_unit_test(<name> [SOURCES <file>...] [LIBS <target>...])
#
# A cmocka program tests/unit/<name>.c, linked with the core's objects, so that
# it sees what the library hides.  Exit code 77 means skipped.
function(lio_add_unit_test name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/${name}.c)
  endif()

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    lio_core_static lio_options lio_test_support PkgConfig::CMOCKA ${arg_LIBS})
  add_test(NAME unit.${name} COMMAND ${name})
  set_tests_properties(unit.${name} PROPERTIES
    SKIP_RETURN_CODE 77 TIMEOUT 300
    ENVIRONMENT "LIO_TEST_PLUGINS=${PROJECT_BINARY_DIR}/plugins;LIO_TEST_DATA=${PROJECT_SOURCE_DIR}/tests/data")
endfunction()
