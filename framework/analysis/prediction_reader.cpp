#include "analysis/prediction_reader.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "files/byte_order_mark.h"
#include "matseq/error.h"
#include "tokens/json_text.h"
#include "tokens/matrix_json.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

/// Room for the hypotheses of a beam of ten with matrices of 100 x 100; what a line takes in memory is about 20 times
/// its length.
constexpr std::size_t longest_line = std::size_t{1} << 24U;
constexpr std::size_t longest_name = 200;
constexpr double infinity = std::numeric_limits<double>::infinity();

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
  const Json& value = json_member(object, key);
  const auto* name = value.get_ptr<const std::string*>();
  if (name == nullptr || name->empty() || name->size() > longest_name || has_control(*name)) {
    throw Error(
        fmt::format("'{}' must be a name: a text of 1 to {} bytes without control characters", key, longest_name));
  }
  return *name;
}

bool read_truth_value(const Json& object, const char* key) {
  const Json& value = json_member(object, key);
  if (!value.is_boolean()) throw Error(fmt::format("'{}' must be true or false", key));
  return value.get<bool>();
}

std::vector<std::optional<Matrix>> read_hypotheses(const Json& object) {
  const Json& list = json_member(object, "hypotheses");
  if (!list.is_array()) throw Error("'hypotheses' must be a list of matrices or nulls");
  std::vector<std::optional<Matrix>> hypotheses;
  hypotheses.reserve(list.size());
  for (const Json& value : list) {
    hypotheses.push_back(value.is_null() ? std::nullopt : std::optional(matrix_named(value, "hypotheses")));
  }
  return hypotheses;
}

double read_error(const Json& object) {
  const Json& errors = json_member(object, "errors");
  if (!errors.is_object()) throw Error(R"('errors' must be an object with "d1")");
  const Json& value = json_member(errors, "d1");
  const std::optional<double> error = value.is_null() ? infinity : number_from_json(value);
  if (!error || *error < 0) throw Error("'d1' must be a number >= 0, a text that is one, or null");
  return std::isnan(*error) ? infinity : *error;
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
  const Json json = parse_json_object(line);
  PredictedExample example;
  example.set = read_name(json, "set");
  example.task = read_name(json, "task");
  example.truth.source = matrix_member(json, "source").value_or(Matrix());
  example.truth.target = matrix_member(json, "target").value_or(Matrix());
  example.hypotheses = read_hypotheses(json);
  example.perfect = read_truth_value(json, "perfect");
  example.correct = read_truth_value(json, "correct");
  example.d1 = read_error(json);
  return example;
}

std::uint64_t read_predictions(const std::filesystem::path& file,
                               const std::function<void(const PredictedExample&)>& use,
                               const std::function<void(std::uint64_t bytes)>& note_progress) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) {
    const int reason = stream ? EISDIR : errno;
    throw Error(fmt::format("cannot read '{}': {}", file.string(), std::generic_category().message(reason)));
  }
  std::vector<char> buffer(longest_line + 2);
  std::string_view line;
  std::uint64_t examples = 0;
  std::uint64_t bytes = 0;
  for (std::uint64_t number = 1;; ++number) {
    try {
      if (!next_line(stream, buffer, line)) return examples;
      if (number == 1) line = without_byte_order_mark(line);
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      use(parse_prediction(line));
    } catch (const Error& error) {
      throw Error(fmt::format("{}, line {}: {}", file.string(), number, error.what()));
    }
    ++examples;
    bytes += line.size() + 1;
    if (note_progress) note_progress(bytes);
  }
}

}  // namespace matseq
