#include "prediction_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "matseq/printable.h"
#include "tokens/json_text.h"
#include "tokens/matrix_json.h"

namespace matseq {
namespace {

void append_matrix(const char* key, const Matrix* matrix, std::string& text) {
  text += fmt::format("\"{}\": ", key);
  if (matrix == nullptr) {
    text += "null";
  } else {
    append_json(*matrix, text);
  }
}

void append_errors(const std::optional<Score>& score, std::string& text) {
  const std::pair<const char*, double Score::*> figures[] = {
      {"d1", &Score::d1}, {"max", &Score::max}, {"d2", &Score::d2}};
  for (const auto& [name, member] : figures) {
    text += fmt::format(", \"{}\": ", name);
    if (score) {
      append_json((*score).*member, text);
    } else {
      text += "null";
    }
  }
}

const Matrix* prediction_of(const MatrixAnswer& answer) { return answer.matrix ? &*answer.matrix : nullptr; }

/// A title over the rows of a matrix, all lines of one width.
using Block = std::vector<std::string>;

Block block(const std::string& title, const Matrix* matrix) {
  Block lines = {title};
  for (std::size_t row = 0; matrix != nullptr && row < matrix->rows(); ++row) {
    std::string line;
    for (std::size_t column = 0; column < matrix->columns(); ++column) {
      line += fmt::format("{:>11.4g}", (*matrix)(row, column));
    }
    lines.push_back(line);
  }
  std::size_t width = 0;
  for (const std::string& line : lines) width = std::max(width, line.size());
  for (std::string& line : lines) line.resize(width, ' ');
  return lines;
}

Block prediction_block(const AnsweredQuestion& answered, const MatrixAnswer& answer, const std::string& name) {
  if (!answer.matrix) return block(name + " (not a matrix)", nullptr);
  if (answer.score) return block(fmt::format("{} (d1 error {:.3g})", name, answer.score->d1), &*answer.matrix);
  return block(answered.question.has_truth ? name + " (not an answer)" : name, &*answer.matrix);
}

std::vector<Block> blocks_of(const AnsweredQuestion& answered, bool with_all) {
  std::vector<Block> blocks = {block("input", &answered.question.example.source)};
  if (answered.question.has_truth) blocks.push_back(block("truth", &answered.question.example.target));
  if (answered.answers.empty()) blocks.push_back(block("prediction (none)", nullptr));
  const std::size_t shown = with_all ? answered.answers.size() : std::min<std::size_t>(answered.answers.size(), 1);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string name = shown == 1 ? "prediction" : fmt::format("prediction {}", i + 1);
    blocks.push_back(prediction_block(answered, answered.answers[i], name));
  }
  return blocks;
}

void append_line(std::string line, std::string& text) {
  line.resize(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

void append_side_by_side(const std::vector<Block>& blocks, std::string& text) {
  std::size_t height = 0;
  for (const Block& lines : blocks) height = std::max(height, lines.size());
  for (std::size_t i = 0; i < height; ++i) {
    std::string line;
    for (const Block& lines : blocks) line += (i < lines.size() ? lines[i] : std::string(lines[0].size(), ' ')) + "   ";
    append_line(line, text);
  }
}

}  // namespace

void append_json(const AnsweredQuestion& answered, bool with_all, std::string& text) {
  const MatrixQuestion& question = answered.question;
  const MatrixAnswer none;
  const MatrixAnswer& best = answered.answers.empty() ? none : answered.answers.front();
  text += '{';
  append_matrix("source", &question.example.source, text);
  text += ", ";
  append_matrix("prediction", prediction_of(best), text);
  text += ", ";
  append_matrix("truth", question.has_truth ? &question.example.target : nullptr, text);
  append_errors(best.score, text);
  if (with_all) {
    text += ", \"hypotheses\": [";
    for (std::size_t i = 0; i < answered.answers.size(); ++i) {
      text += i == 0 ? "{" : ", {";
      append_matrix("prediction", prediction_of(answered.answers[i]), text);
      append_errors(answered.answers[i].score, text);
      text += '}';
    }
    text += ']';
  }
  // What comes from elsewhere may be no UTF-8.
  const auto dump = [](const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  text += fmt::format(", \"warnings\": {}, \"place\": {}}}", dump(question.warnings), dump(answered.place));
}

void append_text(const AnsweredQuestion& answered, bool with_all, std::size_t width, std::string& text) {
  text += printable(answered.place) + "\n";
  for (const std::string& warning : answered.question.warnings) text += "warning: " + warning + "\n";
  const std::vector<Block> blocks = blocks_of(answered, with_all);
  std::size_t total = 0;
  for (const Block& lines : blocks) total += lines[0].size() + 3;
  if (total <= width + 3) {
    append_side_by_side(blocks, text);
  } else {
    for (const Block& lines : blocks) {
      for (const std::string& line : lines) append_line(line, text);
    }
  }
  text += "\n";
}

}  // namespace matseq
