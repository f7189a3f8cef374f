#include "configuration/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

constexpr std::size_t deepest_nesting = 64;

std::string quoted_text(std::string_view text) {
  std::string shown = "\"";
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      shown += '\\';
      shown += letter;
    } else if (code < 0x20 || code == 0x7F) {
      shown += fmt::format("\\u{:04X}", code);
    } else {
      shown += letter;
    }
  }
  return shown + "\"";
}

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '-';
  });
}

struct ValueText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const {
    if (std::isnan(value)) return "nan";
    const std::string text = fmt::format("{}", value);
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
  }
  std::string operator()(const std::string& value) const { return quoted_text(value); }
  std::string operator()(const ParameterTable& table) const {
    std::string text;
    for (const auto& [key, entry] : table.entries) {
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", toml_key(key), toml_text(entry.value));
    }
    return text.empty() ? "{}" : "{ " + text + " }";
  }
  template <typename Element>
  std::string operator()(const std::vector<Element>& values) const {
    std::string text;
    for (const Element& value : values) text += (text.empty() ? "" : ", ") + (*this)(value);
    return "[" + text + "]";
  }
};

/// The place just behind a string that begins at `begin`, or the end of the text.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const std::string_view rest = text.substr(begin);
  const std::size_t quotes = std::min(rest.find_first_not_of(quote), rest.size());
  constexpr std::size_t of_a_long_string = 3;
  if (quotes == 2) return begin + 2;
  const std::size_t length = quotes >= of_a_long_string ? of_a_long_string : 1;
  const std::string_view closing = rest.substr(0, length);
  for (std::size_t place = begin + length; place < text.size(); ++place) {
    if (text[place] == '\\' && quote == '"') {
      ++place;
    } else if (text.substr(place, length) == closing) {
      return place + length;
    } else if (text[place] == '\n' && length == 1) {
      return place;  // not closed, which the parser will say
    }
  }
  return text.size();
}

}  // namespace

std::string toml_text(const ParameterValue& value) { return std::visit(ValueText{}, value); }

std::string toml_key(const std::string& key) {
  std::string text;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    const std::string part = key.substr(begin, end - begin);
    text += (begin == 0 ? "" : ".") + (is_bare(part) ? part : quoted_text(part));
    begin = end + 1;
  }
  return text;
}

void check_nesting(std::string_view text, const std::string& name) {
  std::size_t brackets = 0;
  std::size_t dots = 0;  // of one key
  std::size_t place = 0;
  while (place < text.size()) {
    const char letter = text[place];
    if (letter == '"' || letter == '\'') {
      place = end_of_string(text, place);
      continue;
    }
    if (letter == '#') {
      place = std::min(text.find('\n', place), text.size());
      continue;
    }
    if (letter == '.') ++dots;
    if (letter == '[' || letter == '{') ++brackets;
    if ((letter == ']' || letter == '}') && brackets > 0) --brackets;
    if (std::string_view("[]{}=,\n").find(letter) != std::string_view::npos) dots = 0;
    if (brackets > deepest_nesting || dots > deepest_nesting) {
      throw Error(fmt::format("{}:{}: nested too deeply", name, 1 + std::ranges::count(text.substr(0, place), '\n')));
    }
    ++place;
  }
}

}  // namespace matseq
