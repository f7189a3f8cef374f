/// \file
/// What a plugin was compiled with, as far as it must agree with the framework.
#pragma once

#include <string>  // defines the macros of the standard library

#define MATSEQ_STRINGIFY_(x) #x
#define MATSEQ_STRINGIFY(x) MATSEQ_STRINGIFY_(x)

// Within a major version neither compilers nor standard libraries change the layout of types.
#if defined(__clang__)
#define MATSEQ_COMPILER "clang " MATSEQ_STRINGIFY(__clang_major__)
#elif defined(__GNUC__)
#define MATSEQ_COMPILER "gcc " MATSEQ_STRINGIFY(__GNUC__)
#else
#define MATSEQ_COMPILER "another compiler"
#endif

#if defined(_GLIBCXX_DEBUG)
#define MATSEQ_DEBUG_CONTAINERS ", _GLIBCXX_DEBUG"
#else
#define MATSEQ_DEBUG_CONTAINERS ""
#endif

#if defined(__GLIBCXX__)
#define MATSEQ_STANDARD_LIBRARY                                                                           \
  "libstdc++ " MATSEQ_STRINGIFY(_GLIBCXX_RELEASE) ", cxx11-abi=" MATSEQ_STRINGIFY(_GLIBCXX_USE_CXX11_ABI) \
      MATSEQ_DEBUG_CONTAINERS
#else
#define MATSEQ_STANDARD_LIBRARY "another standard library"
#endif

/// Compiler, standard library and its ABI: std::string must mean the same on both sides.
#define MATSEQ_TOOLCHAIN MATSEQ_COMPILER ", " MATSEQ_STANDARD_LIBRARY

/// That of the interfaces that have tensors: LibTorch's C++ ABI changes with every version, a text such as "2.1.0".
#define MATSEQ_TOOLCHAIN_WITH_LIBTORCH(version) MATSEQ_TOOLCHAIN ", libtorch " version
