#include "analysis/prediction_reader.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "matseq/error.h"
#include "tokens/matrix_json.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

/// Room for the hypotheses of a beam of ten with matrices of 100 x 100; what a line takes in memory is about 20 times
/// its length.
constexpr std::size_t longest_line = std::size_t{1} << 24U;
/// A hypothesis' entry is at depth 4. Deeper trees would exhaust the stack of code that walks them.
constexpr int deepest = 32;
constexpr std::size_t longest_name = 200;

/// Without the library's own "[json.exception.parse_error.101] parse error at line 1, ", whose line is not the file's.
std::string_view without_tags(std::string_view message) {
  for (const std::string_view end_of_tag : {"] ", "line 1, "}) {
    const std::size_t tag = message.find(end_of_tag);
    if (tag != message.npos) message.remove_prefix(tag + end_of_tag.size());
  }
  return message;
}

Json parse_object(std::string_view line) {
  Json json;
  try {
    json = Json::parse(line, [](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
      if (depth > deepest) throw Error(fmt::format("JSON nested deeper than {} levels", deepest));
      return true;
    });
  } catch (const Json::exception& error) {
    throw Error(fmt::format("not JSON: {}", without_tags(error.what())));
  }
  if (!json.is_object()) throw Error("not a JSON object");
  return json;
}

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Error(fmt::format("'{}' is missing", key));
  return *found;
}

/// C0 and C1 controls and DEL, which could steer a terminal or break an SVG file. The text is valid UTF-8.
bool has_control(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    if (byte == 0xef && static_cast<unsigned char>(text[i + 1]) == 0xbf &&
        static_cast<unsigned char>(text[i + 2]) > 0xbd) {
      return true;  // U+FFFE and U+FFFF, which XML forbids
    }
  }
  return false;
}

std::string read_name(const Json& object, const char* key) {
  const Json& value = member(object, key);
  const auto* name = value.get_ptr<const std::string*>();
  if (name == nullptr || name->empty() || name->size() > longest_name || has_control(*name)) {
    throw Error(
        fmt::format("'{}' must be a name: a text of 1 to {} bytes without control characters", key, longest_name));
  }
  return *name;
}

bool read_truth_value(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_boolean()) throw Error(fmt::format("'{}' must be true or false", key));
  return value.get<bool>();
}

std::optional<Matrix> read_matrix(const Json& value, const char* key) {
  if (value.is_null()) return std::nullopt;
  try {
    return matrix_from_json(value);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}': {}", key, error.what()));
  }
}

std::vector<std::optional<Matrix>> read_hypotheses(const Json& object) {
  const Json& list = member(object, "hypotheses");
  if (!list.is_array()) throw Error("'hypotheses' must be a list of matrices or nulls");
  std::vector<std::optional<Matrix>> hypotheses;
  hypotheses.reserve(list.size());
  for (const Json& value : list) hypotheses.push_back(read_matrix(value, "hypotheses"));
  return hypotheses;
}

double read_error(const Json& object) {
  const Json& errors = member(object, "errors");
  if (!errors.is_object()) throw Error(R"('errors' must be an object with "d1")");
  const Json& value = member(errors, "d1");
  std::optional<double> error;
  if (value.is_null()) error = std::numeric_limits<double>::infinity();
  if (value.is_number()) error = value.get<double>();
  if (const auto* text = value.get_ptr<const std::string*>()) error = parse_number(*text);
  if (!error || *error < 0) throw Error("'errors': 'd1' must be a number >= 0, a text that is one, or null");
  return std::isnan(*error) ? std::numeric_limits<double>::infinity() : *error;
}

/// Like std::getline, for lines that may be too long to be kept. False at the end of the file.
bool next_line(std::istream& file, std::vector<char>& buffer, std::string_view& line) {
  file.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  const auto count = static_cast<std::size_t>(file.gcount());
  if (file.bad()) throw Error("cannot be read");
  if (file.eof()) {
    line = std::string_view(buffer.data(), count);
    return count > 0;
  }
  if (file.fail()) throw Error(fmt::format("a line longer than {} bytes", longest_line));
  line = std::string_view(buffer.data(), count - 1);  // the end of the line was counted
  return true;
}

}  // namespace

PredictedExample parse_prediction(std::string_view line) {
  const Json json = parse_object(line);
  PredictedExample example;
  example.set = read_name(json, "set");
  example.task = read_name(json, "task");
  example.truth.source = read_matrix(member(json, "source"), "source").value_or(Matrix());
  example.truth.target = read_matrix(member(json, "target"), "target").value_or(Matrix());
  example.hypotheses = read_hypotheses(json);
  example.perfect = read_truth_value(json, "perfect");
  example.correct = read_truth_value(json, "correct");
  example.d1 = read_error(json);
  return example;
}

std::uint64_t read_predictions(const std::filesystem::path& file,
                               const std::function<void(const PredictedExample&)>& use) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) {
    const int reason = stream ? EISDIR : errno;
    throw Error(fmt::format("cannot read '{}': {}", file.string(), std::generic_category().message(reason)));
  }
  std::vector<char> buffer(longest_line + 2);
  std::string_view line;
  std::uint64_t examples = 0;
  for (std::uint64_t number = 1;; ++number) {
    try {
      if (!next_line(stream, buffer, line)) return examples;
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      use(parse_prediction(line));
    } catch (const Error& error) {
      throw Error(fmt::format("{}, line {}: {}", file.string(), number, error.what()));
    }
    ++examples;
  }
}

}  // namespace matseq
