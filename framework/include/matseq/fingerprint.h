/// \file
/// What a plugin and the framework must have been compiled with alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "matseq/matrix.h"
#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// Plain data, so that it can be compared before any function of a plugin is called.
struct Fingerprint {
  /// The types whose sizes it has, some of all that cross the border: compiler flags that change one change these.
  static constexpr std::array<const char*, 8> types = {"std::string",        "std::vector",
                                                       "std::map",           "matseq::ParameterValue",
                                                       "matseq::Parameter",  "matseq::ParameterTable",
                                                       "matseq::Parameters", "matseq::Matrix"};

  std::array<char, 128> toolchain{};                ///< MATSEQ_TOOLCHAIN, filled up with zeros, at least one
  std::array<std::uint32_t, types.size()> sizes{};  ///< in bytes, of `types`
};

/// The fingerprint of whoever compiles this call. A toolchain that is too long is cut.
constexpr Fingerprint make_fingerprint(std::string_view toolchain) {
  Fingerprint fingerprint;
  for (std::size_t i = 0; i + 1 < fingerprint.toolchain.size() && i < toolchain.size(); ++i) {
    fingerprint.toolchain[i] = toolchain[i];
  }
  fingerprint.sizes = {sizeof(std::string),
                       sizeof(std::vector<std::string>),
                       sizeof(std::map<std::string, ParameterValue>),
                       sizeof(ParameterValue),
                       sizeof(Parameter),
                       sizeof(ParameterTable),
                       sizeof(Parameters),
                       sizeof(Matrix)};
  return fingerprint;
}

}  // namespace matseq
