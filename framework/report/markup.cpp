#include "report/markup.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "matseq/printable.h"

namespace matseq {

std::string html_text(std::string_view text, std::size_t longest) {
  std::string escaped;
  for (const char letter : printable(text, longest)) {
    switch (letter) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string html_lines(std::string_view text, std::size_t longest) {
  std::string lines;
  std::string_view rest = text.substr(0, longest);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines += html_text(rest.substr(0, end), longest) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text.size() > longest ? lines + "...\n" : lines;
}

std::string script_json(const nlohmann::ordered_json& json) {
  std::string safe;
  for (const char letter : json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace)) {
    switch (letter) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += letter;  // with ASCII only there is no U+2028 to end a line
    }
  }
  return safe;
}

}  // namespace matseq
