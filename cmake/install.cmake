include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Credence)

install(TARGETS credence_library EXPORT CredenceTargets)
if(TARGET credence)
  install(TARGETS credence)
endif()
install(DIRECTORY src/credence DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN cli EXCLUDE)
install(DIRECTORY recipes DESTINATION ${CMAKE_INSTALL_DATADIR}/credence
        FILES_MATCHING PATTERN "*.yaml")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT CredenceTargets NAMESPACE Credence:: DESTINATION ${package_dir})
configure_package_config_file(cmake/CredenceConfig.cmake.in ${PROJECT_BINARY_DIR}/CredenceConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/CredenceConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/CredenceConfig.cmake
              ${PROJECT_BINARY_DIR}/CredenceConfigVersion.cmake cmake/dependencies.cmake
        DESTINATION ${package_dir})
