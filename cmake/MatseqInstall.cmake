# cmake --install: executable, libraries, plugins, headers, and the CMake package `matseq` for plugins built elsewhere.
# The installed tree may be moved as a whole: libraries are found by paths relative to each file.
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/matseq")
set(_plugin_dir "${CMAKE_INSTALL_LIBDIR}/matseq/plugins")  # beside libmatseq_framework, where the loader looks
get_property(_plugins GLOBAL PROPERTY MATSEQ_PLUGIN_TARGETS)

# A LibTorch of the system is found without help; any other stays where it is.
set(_libtorch_rpath "")
if(NOT MATSEQ_TORCH_LIBRARY_DIR IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  set(_libtorch_rpath "${MATSEQ_TORCH_LIBRARY_DIR}")
endif()
file(RELATIVE_PATH _libraries_from_executable "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(matseq_core matseq_framework PROPERTIES INSTALL_RPATH "$ORIGIN")
set_target_properties(matseq_torch matseq_training matseq_tensor_commands PROPERTIES INSTALL_RPATH "$ORIGIN;${_libtorch_rpath}")
set_target_properties(matseq_executable PROPERTIES INSTALL_RPATH "$ORIGIN/${_libraries_from_executable}")
set_target_properties(${_plugins} PROPERTIES INSTALL_RPATH "$ORIGIN/../..;${_libtorch_rpath}")

install(TARGETS matseq_executable matseq_framework matseq_training matseq_tensor_commands)
install(TARGETS ${_plugins} LIBRARY DESTINATION "${_plugin_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/framework/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Two export sets, so that a machine without LibTorch's headers still builds task, encoder and schedule plugins.
install(TARGETS matseq_core EXPORT matseq_core_targets)
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
