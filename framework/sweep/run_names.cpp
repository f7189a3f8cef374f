#include "sweep/run_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "files/checksum.h"

namespace matseq {
namespace {

constexpr std::size_t longest_value = 32;
constexpr std::size_t longest_run_name =
    200;  // file systems allow 255 bytes, and files in the making have longer names

std::string with_checksum(const std::string& shown, const std::string& whole) {
  return fmt::format("{}-{:08x}", shown, Crc32c::of(std::as_bytes(std::span(whole))));
}

bool is_safe(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         std::string_view("._+-").find(letter) != std::string_view::npos;
}

/// Texts only, without what surrounds them; a table's plugin first.
std::string bare(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return toml_value(value);
  std::string text;
  const auto add = [&text](const nlohmann::ordered_json& element) {
    text += (text.empty() ? "" : "-") + bare(element);
  };
  if (value.contains("plugin")) add(value["plugin"]);
  for (const auto& [key, element] : value.items()) {
    if (value.is_array() || key != "plugin") add(element);
  }
  return text;
}

bool ends_so(const std::string& key, const std::string& end) { return key == end || key.ends_with("." + end); }

}  // namespace

ShortKeys short_keys(const std::vector<std::string>& keys, const ShortKeys& known) {
  ShortKeys all = known;
  const auto is_taken = [&](const std::string& end, const std::string& key) {
    return std::ranges::any_of(keys, [&](const auto& other) { return other != key && ends_so(other, end); }) ||
           std::ranges::any_of(known,
                               [&](const auto& other) { return ends_so(other.first, end) || other.second == end; });
  };
  for (const std::string& key : keys) {
    if (all.contains(key)) continue;
    std::size_t begin = key.rfind('.');
    std::string end = key.substr(begin + 1);  // the whole of a key without dots
    while (begin != std::string::npos && is_taken(end, key)) {
      begin = begin == 0 ? std::string::npos : key.rfind('.', begin - 1);
      end = key.substr(begin + 1);
    }
    all[key] = end;
  }
  return all;
}

std::string value_name(const nlohmann::ordered_json& value) {
  const std::string whole = bare(value);
  std::string shown;
  std::ranges::copy_if(whole, std::back_inserter(shown), is_safe);
  shown.resize(std::min(shown.size(), longest_value));
  const bool is_whole = !value.is_structured() && !shown.empty() && shown == whole;
  return is_whole ? shown : with_checksum(shown, toml_value(value));
}

std::string joined_name(const std::vector<std::string>& parts) {
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ",") + part;
  if (name.empty()) return "run";
  return name.size() <= longest_run_name ? name : with_checksum(name.substr(0, longest_run_name), name);
}

}  // namespace matseq
