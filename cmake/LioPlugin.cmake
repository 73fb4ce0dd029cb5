# lio_add_plugin(<kind>-<word> SOURCES <file>... [LIBS <target>...])
#
# One shared object that exports lio_plugin_entry and nothing else, put where
# the loader looks, installed, and run through its kind's conformance program
# (tests/CMakeLists.txt walks LIO_PLUGINS).
set(LIO_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/lanceio/plugins)

function(lio_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")

  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    lanceio::plugin lio_options lio_common ${arg_LIBS})
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  install(TARGETS ${name} LIBRARY DESTINATION ${LIO_PLUGIN_DIR})
  set_property(GLOBAL APPEND PROPERTY LIO_PLUGINS ${name})
endfunction()
