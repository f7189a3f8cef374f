/// \file
/// Text of a file we do not trust, for messages.
#pragma once

#include <algorithm>
#include <string>

namespace matseq {

/// `text` with everything but printable ASCII replaced, so that a message cannot control the terminal; cut when long.
inline std::string printable(std::string text) {
  constexpr std::size_t longest = 400;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  std::ranges::replace_if(
      text, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return text;
}

}  // namespace matseq
