#include "evaluation/prediction_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "tokens/matrix_json.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

void append_matrix(const std::optional<DecodedMatrix>& decoded, std::string& text) {
  if (decoded) {
    append_json(decoded->matrix, text);
  } else {
    text += "null";
  }
}

std::string error_text(double error) { return std::isfinite(error) ? fmt::format("{}", error) : "null"; }

}  // namespace

PredictionWriter::PredictionWriter(const std::filesystem::path& file, const ExperimentData& data, std::string task_name)
    : file_(file), data_(data), task_name_(std::move(task_name)) {}

void PredictionWriter::write(const DataSet& set, const std::vector<Prediction>& predictions) {
  std::string text;
  for (const Prediction& prediction : predictions) append(set, prediction, text);
  file_.write(text);
}

void PredictionWriter::append(const DataSet& set, const Prediction& prediction, std::string& text) const {
  const std::optional<DecodedMatrix> source = data_.input->decode_any(prediction.source);
  const bool composed = source && source->code != Example::no_code;
  // A composite task's classes are its components.
  fmt::format_to(std::back_inserter(text), R"({{"set":{},"task":{},"class":{},"source":)", quoted(set.name),
                 quoted(composed ? prediction.result.category : task_name_), quoted(prediction.result.category));
  append_matrix(source, text);
  text += ",\"target\":";
  append_matrix(data_.output->decode_any(prediction.target), text);
  text += ",\"hypotheses\":[";
  for (std::size_t i = 0; i < prediction.hypotheses.size(); ++i) {
    if (i > 0) text += ',';
    append_matrix(data_.output->decode_any(prediction.hypotheses[i]), text);
  }
  text += "],\"tokens\":[";
  for (std::size_t i = 0; i < prediction.hypotheses.size(); ++i) {
    if (i > 0) text += ',';
    text += quoted(tokens_text(prediction.hypotheses[i], *data_.vocabulary));
  }
  const ExampleResult& result = prediction.result;
  fmt::format_to(std::back_inserter(text),
                 R"(],"perfect":{},"correct":{},"errors":{{"max":{},"d1":{},"d2":{}}},"right_coefficients":{}}})",
                 result.perfect, result.correct, error_text(result.errors[0]), error_text(result.errors[1]),
                 error_text(result.errors[2]), result.share);
  text += '\n';
}

}  // namespace matseq
