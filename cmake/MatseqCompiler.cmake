# How everything in this tree is compiled.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

set(MATSEQ_ARCH native CACHE STRING "Processors to compile for, as -march= takes them: native, x86-64-v3, ...; empty: any")
set(MATSEQ_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

add_library(matseq_flags INTERFACE)
# Clang's -Wshadow looks into the unnamed namespaces of other files that are compiled together.
target_compile_options(matseq_flags INTERFACE
  -Wall -Wextra -Wpedantic $<$<CXX_COMPILER_ID:GNU>:-Wshadow> -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bugs 105593 and 105651: its own AVX-512 headers and std::string trip these warnings.
  target_compile_options(matseq_flags INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # vectors wider than the processor's registers are passed within a file only
  target_compile_options(matseq_flags INTERFACE -Wno-psabi)
endif()
if(MATSEQ_ARCH)
  target_compile_options(matseq_flags INTERFACE -march=${MATSEQ_ARCH})
endif()
# Results must not depend on how the compiler contracts products and sums; kernels that say so (the target's property
# MATSEQ_CONTRACT) would have half of what the processor can do otherwise.
target_compile_options(matseq_flags INTERFACE
                       -ffp-contract=$<IF:$<BOOL:$<TARGET_PROPERTY:MATSEQ_CONTRACT>>,fast,off>)
if(MATSEQ_SANITIZE)
  add_compile_options(-fsanitize=${MATSEQ_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MATSEQ_SANITIZE})
endif()

# Most of what a file costs is reading headers. Those of a room, which are about one thing and share theirs, are compiled
# as one; who works on the framework itself may rather want every file on its own.
option(MATSEQ_UNITY "Compile the files of a room together: less work in all, more for a single change" ON)
function(matseq_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MATSEQ_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()

# Code that waits for files and people, or for LibTorch's kernels, is as fast and takes two thirds of the time to compile.
function(matseq_cold target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# LibTorch's header, compiled once. What is compiled with it has to be optimised as it was.
function(matseq_use_libtorch_header target)
  target_precompile_headers(${target} REUSE_FROM matseq_torch)
  matseq_cold(${target})
endfunction()

find_program(MATSEQ_CCACHE ccache)
if(MATSEQ_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${MATSEQ_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()
