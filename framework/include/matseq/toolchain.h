/// \file
/// What a plugin was compiled with, as far as it must agree with the framework.
#pragma once

#include <string>  // defines _GLIBCXX_USE_CXX11_ABI

#define MATSEQ_STRINGIFY_(x) #x
#define MATSEQ_STRINGIFY(x) MATSEQ_STRINGIFY_(x)

/// The C++ standard library's ABI: std::string must mean the same on both sides.
#define MATSEQ_TOOLCHAIN "cxx11-abi=" MATSEQ_STRINGIFY(_GLIBCXX_USE_CXX11_ABI)
