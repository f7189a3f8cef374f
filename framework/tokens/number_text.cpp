#include "tokens/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace matseq {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  // The slower strtod knows what from_chars does not: a leading '+', hexadecimals, numbers out of range.
  const std::string copy(text);
  char* copy_end = nullptr;
  number = std::strtod(copy.c_str(), &copy_end);
  if (copy_end != copy.c_str() + copy.size()) return std::nullopt;
  return number;
}

void append_number(double number, std::string& text) {
  if (std::isnan(number)) {
    text += "nan";  // without the sign, which means nothing
    return;
  }
  std::array<char, 32> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace matseq
