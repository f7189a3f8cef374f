/// \file
/// Text from files and names, made safe for HTML and for data in a script element.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace matseq {

/// For the content and the quoted attributes of HTML: markup is escaped; control characters, invalid UTF-8 and what
/// turns the direction of text around are written as with `printable`; cut after `longest` bytes.
std::string html_text(std::string_view text, std::size_t longest = 200);

/// Likewise for a text of several lines, which keeps its line ends.
std::string html_lines(std::string_view text, std::size_t longest);

/// JSON for a script element: no text in it can end the element or begin another. Invalid UTF-8 is replaced.
std::string script_json(const nlohmann::ordered_json& json);

}  // namespace matseq
