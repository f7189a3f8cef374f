/// \file
/// Names of the tokens that hold a number.
#pragma once

#include <cstdint>
#include <string>

namespace matseq {

/// "E-12" for 'E' and -12.
inline std::string numbered_token(char letter, std::int64_t number) {
  std::string name(1, letter);
  name += std::to_string(number);
  return name;
}

}  // namespace matseq
