/// \file
/// The mark that some editors put before a text in UTF-8.
#pragma once

#include <string_view>

namespace matseq {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The beginning of a text without the mark, if it has one: it says nothing that is not known.
inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

}  // namespace matseq
