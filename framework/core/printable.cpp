#include "matseq/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace matseq {
namespace {

/// The bytes of the UTF-8 character at the beginning of `text`; 0 when there is none, or one that controls terminals.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t place) { return static_cast<unsigned char>(text[place]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t place = 1; place < length; ++place) {
    if ((byte(place) & 0xC0U) != 0x80) return 0;
  }
  // Overlong forms, surrogates, what is beyond Unicode; and C1, the control characters above ASCII.
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
      (first == 0xF4 && second > 0x8F) || (first == 0xC2 && second < 0xA0)) {
    return 0;
  }
  // What turns the direction of the text around, and so what a reader sees.
  const bool turns = first == 0xE2 && ((second == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE) ||
                                       (second == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9));
  return turns ? 0 : length;
}

std::string escaped(char letter) {
  switch (letter) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string shown;
  std::size_t place = 0;
  while (place < text.size()) {
    const std::size_t length = character_length(text.substr(place));
    if (place + std::max<std::size_t>(length, 1) > longest) return shown + "...";
    shown += length > 0 ? std::string(text.substr(place, length)) : escaped(text[place]);
    place += std::max<std::size_t>(length, 1);
  }
  return shown;
}

}  // namespace matseq
