# Finds LibTorch: one that the user names (Torch_DIR, CMAKE_PREFIX_PATH), else that of the Python on PATH,
# else the distribution's package. Defines the target matseq_libtorch. With MATSEQ_LIBTORCH_OPTIONAL, returns without
# it when there is none.

set(_torch_prefixes "")
if(NOT Torch_DIR)
  find_program(MATSEQ_PYTHON NAMES python3 python)
  if(MATSEQ_PYTHON)
    execute_process(COMMAND ${MATSEQ_PYTHON} -c
                    "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                    OUTPUT_VARIABLE _torch_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(_torch_python)
      list(APPEND _torch_prefixes "${_torch_python}")
    endif()
  endif()
endif()

find_path(MATSEQ_TORCH_INCLUDE_DIR ATen/ATen.h
          HINTS "${Torch_DIR}/../../../include" ${_torch_prefixes} ${CMAKE_PREFIX_PATH} PATH_SUFFIXES include)
if(NOT MATSEQ_TORCH_INCLUDE_DIR)
  if(MATSEQ_LIBTORCH_OPTIONAL)
    return()
  endif()
  message(FATAL_ERROR "LibTorch is missing. Install Debian's libtorch-dev or Python's torch, or name the folder of "
                      "another in CMAKE_PREFIX_PATH.")
endif()
get_filename_component(_torch_root "${MATSEQ_TORCH_INCLUDE_DIR}" DIRECTORY)

# The libraries are named directly rather than through TorchConfig.cmake: that file insists on a CUDA
# toolkit that compiles device code whenever the package was built with CUDA, which we do not need.
find_library(MATSEQ_TORCH_LIBRARY torch HINTS "${_torch_root}/lib" REQUIRED)
get_filename_component(MATSEQ_TORCH_LIBRARY_DIR "${MATSEQ_TORCH_LIBRARY}" DIRECTORY)
find_library(MATSEQ_TORCH_CPU_LIBRARY torch_cpu HINTS "${MATSEQ_TORCH_LIBRARY_DIR}" REQUIRED)
find_library(MATSEQ_C10_LIBRARY c10 HINTS "${MATSEQ_TORCH_LIBRARY_DIR}" REQUIRED)
find_library(MATSEQ_TORCH_CUDA_LIBRARY torch_cuda HINTS "${MATSEQ_TORCH_LIBRARY_DIR}" NO_DEFAULT_PATH)
find_library(MATSEQ_C10_CUDA_LIBRARY c10_cuda HINTS "${MATSEQ_TORCH_LIBRARY_DIR}" NO_DEFAULT_PATH)

set(_torch_version_file "${MATSEQ_TORCH_INCLUDE_DIR}/torch/headeronly/version.h")  # where newer ones have it
if(NOT EXISTS "${_torch_version_file}")
  set(_torch_version_file "${MATSEQ_TORCH_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h")
endif()
file(STRINGS "${_torch_version_file}" _torch_version_lines
     REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9]+" ";" _torch_numbers "${_torch_version_lines}")
list(REMOVE_ITEM _torch_numbers "")
list(JOIN _torch_numbers "." MATSEQ_TORCH_VERSION)
message(STATUS "LibTorch ${MATSEQ_TORCH_VERSION} in ${_torch_root}")
if(MATSEQ_TORCH_VERSION VERSION_LESS 1.13)
  message(FATAL_ERROR "LibTorch ${MATSEQ_TORCH_VERSION} is too old: matseq needs 1.13 or newer")
endif()

# The C++ ABI is part of every std::string that crosses; the libraries from the distribution have the new one.
if(EXISTS "${_torch_root}/share/cmake/Torch/TorchConfig.cmake")
  file(STRINGS "${_torch_root}/share/cmake/Torch/TorchConfig.cmake" _torch_old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(_torch_old_abi)
    message(FATAL_ERROR "LibTorch ${MATSEQ_TORCH_VERSION} in ${_torch_root} was compiled for the C++ ABI of before GCC "
                        "5. Take Python's torch 2.6 or newer, or the archive \"cxx11 ABI\" of pytorch.org.")
  endif()
endif()

add_library(matseq_libtorch INTERFACE)
target_include_directories(matseq_libtorch SYSTEM INTERFACE
                           "${MATSEQ_TORCH_INCLUDE_DIR}" "${MATSEQ_TORCH_INCLUDE_DIR}/torch/csrc/api/include")
if(EXISTS "${MATSEQ_TORCH_INCLUDE_DIR}/fmt" AND TARGET fmt::fmt)
  # PyTorch's packages bring headers of a fmt without its library; those of the fmt that we link must be found first.
  get_target_property(_fmt_include_dirs fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  find_path(MATSEQ_FMT_INCLUDE_DIR fmt/core.h PATHS ${_fmt_include_dirs} NO_DEFAULT_PATH REQUIRED)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/own_fmt")
  file(CREATE_LINK "${MATSEQ_FMT_INCLUDE_DIR}/fmt" "${PROJECT_BINARY_DIR}/own_fmt/fmt" SYMBOLIC)
  target_include_directories(matseq_libtorch SYSTEM BEFORE INTERFACE "${PROJECT_BINARY_DIR}/own_fmt")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # libtorch.so of PyTorch's packages exports parts of a C++ library that are incomplete by themselves
  # (std::filesystem::remove_all calls a null pointer). The real one must be found first.
  target_link_libraries(matseq_libtorch INTERFACE "-Wl,--no-as-needed,-lstdc++,--as-needed")
endif()
target_link_libraries(matseq_libtorch INTERFACE "${MATSEQ_TORCH_LIBRARY}" "${MATSEQ_TORCH_CPU_LIBRARY}"
                                                "${MATSEQ_C10_LIBRARY}")
if(MATSEQ_TORCH_CUDA_LIBRARY AND MATSEQ_C10_CUDA_LIBRARY)
  # Nothing refers to it by symbol, yet loading it is what makes CUDA devices available.
  target_link_libraries(matseq_libtorch INTERFACE
    "-Wl,--no-as-needed,${MATSEQ_TORCH_CUDA_LIBRARY},${MATSEQ_C10_CUDA_LIBRARY},--as-needed")
endif()
list(APPEND CMAKE_BUILD_RPATH "${MATSEQ_TORCH_LIBRARY_DIR}")

# What is installed finds a LibTorch of the system without help; any other stays where it is.
set(MATSEQ_LIBTORCH_RPATH "")
if(NOT MATSEQ_TORCH_LIBRARY_DIR IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  set(MATSEQ_LIBTORCH_RPATH "${MATSEQ_TORCH_LIBRARY_DIR}")
endif()

# For the one file through which the processes of a run speak: PyTorch's packages have Gloo in their libraries, but not
# its headers.
find_path(MATSEQ_GLOO_INCLUDE_DIR gloo/algorithm.h HINTS "${MATSEQ_TORCH_INCLUDE_DIR}")
if(NOT MATSEQ_GLOO_INCLUDE_DIR)
  message(STATUS "Gloo's headers (Debian: libgloo-dev) are missing: training will be by one process")
endif()

# For the two files that use CUDA itself, to record graphs and for NCCL: headers only, as what it calls is in LibTorch's libraries.
if(MATSEQ_TORCH_CUDA_LIBRARY AND MATSEQ_C10_CUDA_LIBRARY AND NOT MATSEQ_TORCH_VERSION VERSION_LESS 2.1)
  file(GLOB _cuda_of_python "${_torch_root}/../nvidia/cu*/include")
  find_path(MATSEQ_CUDA_INCLUDE_DIR cuda_runtime_api.h HINTS "$ENV{CUDA_HOME}/include" /usr/local/cuda/include
            ${_cuda_of_python} "${_torch_root}/../nvidia/cuda_runtime/include")
  find_path(MATSEQ_NCCL_INCLUDE_DIR nccl.h HINTS "${_torch_root}/../nvidia/nccl/include" "${MATSEQ_CUDA_INCLUDE_DIR}")
endif()
