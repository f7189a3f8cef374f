# matseq_add_plugin(KIND NAME SOURCES file... [LIBRARIES target...])
#
# Builds the plugin NAME of kind task, encoder, schedule, optimizer or model as matseq_KIND_NAME.so.
# Works in matseq's own tree and, after find_package(matseq), in anyone else's; there it is put into the
# current binary folder, which MATSEQ_PLUGIN_PATH or `plugin_path` in the TOML file can name.
# `cmake --install BUILD --prefix WHERE_MATSEQ_IS` puts it beside matseq's own plugins, where it is found without that.
# A plugin is optimised also where CMAKE_BUILD_TYPE is not set, with which CMake alone would not.
function(matseq_add_plugin kind name)
  cmake_parse_arguments(PARSE_ARGV 2 plugin "" "" "SOURCES;LIBRARIES")
  if(NOT kind MATCHES "^(task|encoder|schedule|optimizer|model)$")
    message(FATAL_ERROR "matseq_add_plugin: '${kind}' is no kind; task, encoder, schedule, optimizer, model are")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "matseq_add_plugin: '${name}' is no name; lower case letters, digits and '_' make one")
  endif()
  if(NOT plugin_SOURCES OR plugin_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "matseq_add_plugin(KIND NAME SOURCES file... [LIBRARIES target...])")
  endif()

  if(kind MATCHES "^(optimizer|model)$" AND NOT TARGET matseq::torch)
    message(FATAL_ERROR "matseq_add_plugin(${kind} ${name}): plugins of this kind need LibTorch, which was not found; "
                        "name its folder in CMAKE_PREFIX_PATH")
  endif()

  set(target matseq_${kind}_${name})
  add_library(${target} MODULE ${plugin_SOURCES})
  if(kind MATCHES "^(optimizer|model)$")
    target_link_libraries(${target} PRIVATE matseq::torch)
    if(kind STREQUAL "model" AND TARGET matseq_torch)  # in matseq's own tree: one precompiled LibTorch header for all
      matseq_use_libtorch_header(${target})
    endif()
  else()
    target_link_libraries(${target} PRIVATE matseq::core)
  endif()
  target_link_libraries(${target} PRIVATE ${plugin_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${target} DEFINE_SYMBOL "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${target} PRIVATE cxx_std_20)
  if(TARGET matseq_flags)
    target_link_libraries(${target} PRIVATE matseq_flags)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${MATSEQ_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  endif()
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    target_compile_options(${target} PRIVATE -O3 -DNDEBUG)
  endif()
  # Beside the executable's libraries, so that a plugin finds those that it was built for.
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/../..;${MATSEQ_LIBTORCH_RPATH}")
  install(TARGETS ${target} LIBRARY DESTINATION "${MATSEQ_PLUGIN_INSTALL_DIR}")
  if(MATSEQ_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${MATSEQ_PLUGIN_OUTPUT_DIRECTORY}")
    set_property(GLOBAL APPEND PROPERTY MATSEQ_PLUGIN_TARGETS ${target})
  endif()
endfunction()
