# cmake --install: executable, libraries, plugins, headers, and the CMake package `matseq` for plugins built elsewhere.
# The installed tree may be moved as a whole: libraries are found by paths relative to each file.
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/matseq")
file(RELATIVE_PATH _libraries_from_executable "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(matseq_core matseq_framework PROPERTIES INSTALL_RPATH "$ORIGIN")
set_target_properties(matseq_torch matseq_training matseq_tensor_commands PROPERTIES INSTALL_RPATH "$ORIGIN;${MATSEQ_LIBTORCH_RPATH}")
set_target_properties(matseq_executable PROPERTIES INSTALL_RPATH "$ORIGIN/${_libraries_from_executable}")

install(TARGETS matseq_executable matseq_training matseq_tensor_commands)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/framework/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
# As they stand in the tree, so that the links from one to the other hold.
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_SOURCE_DIR}/configs" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Two export sets, so that a machine without LibTorch's headers still builds task, encoder and schedule plugins.
install(TARGETS matseq_core matseq_framework EXPORT matseq_core_targets)
install(TARGETS matseq_torch EXPORT matseq_torch_targets)
install(EXPORT matseq_core_targets NAMESPACE matseq:: FILE matseqCoreTargets.cmake DESTINATION "${_package_dir}")
install(EXPORT matseq_torch_targets NAMESPACE matseq:: FILE matseqTorchTargets.cmake DESTINATION "${_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/matseqConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/matseqConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
# Before 1.0.0 any minor version may change interfaces.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/matseqConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/matseqConfig.cmake" "${PROJECT_BINARY_DIR}/matseqConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/MatseqAddPlugin.cmake" "${PROJECT_SOURCE_DIR}/cmake/MatseqLibTorch.cmake"
        DESTINATION "${_package_dir}")
