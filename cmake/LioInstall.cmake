# What is installed beside the command and the plugins, whose folders do it
# themselves: headers, libraries, the CMake package, the pkg-config files and
# the documents.  The tree can be moved as a whole: nothing here holds its
# prefix, and what runs finds the libraries from its own place.

include(CMakePackageConfigHelpers)

set(lio_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lanceio)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/lanceio
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(lio_libraries lanceio lanceio_column)
set_target_properties(lanceio_column PROPERTIES EXPORT_NAME column)
install(TARGETS ${lio_libraries} lanceio_headers EXPORT lanceioTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

file(RELATIVE_PATH lio_bin_to_lib
  ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(${lio_libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")
set_target_properties(lanceio-cli PROPERTIES
  INSTALL_RPATH "$ORIGIN/${lio_bin_to_lib}")

# find_package(lanceio): targets lanceio::lanceio, lanceio::column and
# lanceio::plugin, and LANCEIO_PLUGIN_DIR, where plugins are looked for.
install(EXPORT lanceioTargets NAMESPACE lanceio:: DESTINATION ${lio_cmake_dir})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/lanceioConfig.cmake.in
  ${PROJECT_BINARY_DIR}/lanceioConfig.cmake
  INSTALL_DESTINATION ${lio_cmake_dir}
  PATH_VARS LIO_PLUGIN_DIR)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/lanceioConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/lanceioConfig.cmake
  ${PROJECT_BINARY_DIR}/lanceioConfigVersion.cmake
  DESTINATION ${lio_cmake_dir})

# pkg-config: the prefix is given from the place of the .pc file.
file(RELATIVE_PATH lio_pc_to_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(name lanceio lanceio-column)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in
    ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# The default configuration goes to the documents and not to ${sysconfdir}: its
# text is compiled in, and a copy where lanceio looks would freeze today's
# defaults on every machine that upgrades.
install(FILES
  ${PROJECT_SOURCE_DIR}/README.md
  ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  ${PROJECT_SOURCE_DIR}/LICENSE
  ${PROJECT_SOURCE_DIR}/NOTICE
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/config/lanceio.ini
  DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME lanceio.ini.example)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs
  DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN design EXCLUDE PATTERN man EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/lanceio.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/lanceio.ini.5
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
