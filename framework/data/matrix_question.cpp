#include "data/matrix_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

double largest_of(const Matrix& matrix) {
  double largest = 0;
  for (const double entry : matrix.values()) largest = std::max(largest, std::abs(entry));
  return largest;
}

bool is_finite(const Matrix& matrix) {
  return std::ranges::all_of(matrix.values(), [](double entry) { return std::isfinite(entry); });
}

/// How a code is called: by its task's category, where that does not depend on the input.
std::string name_of_code(const Task& task, int code) { return task.category({Matrix(1, 1), Matrix(1, 1), code}); }

int code_of(const Task& task, const std::string& wanted) {
  const std::vector<std::string> codes = task.codes();
  if (codes.empty()) return Example::no_code;
  if (wanted.empty() && codes.size() == 1) return 0;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto code = static_cast<int>(i);
    const std::string name = name_of_code(task, code);
    if (!wanted.empty() && (wanted == codes[i] || wanted == name)) return code;
    names.push_back(name);
  }
  if (wanted.empty())
    throw Error(
        fmt::format("the model knows several tasks, of which --task, or \"task\" in a line of JSON, says one: {}",
                    quoted_list(names)));
  throw Error(fmt::format("the model knows no task '{}'{} It has {}", printable(wanted), nearest_name(wanted, names),
                          quoted_list(names)));
}

/// The tokens of the source; none, with the reason among the warnings, where the model cannot take it.
std::vector<TokenId> tokens_for_model(const ExperimentData& data, MatrixQuestion& question) {
  const Matrix& source = question.example.source;
  const auto most = static_cast<std::size_t>(data.limits.max_len);
  const auto refuse = [&](const std::string& reason) {
    question.warnings.push_back("the model cannot take it: " + reason);
    return std::vector<TokenId>();
  };
  const std::size_t dimension = std::max(source.rows(), source.columns());
  if (dimension > data.vocabulary->max_dimension()) {
    return refuse(fmt::format("it is {} x {}; there are tokens for sizes up to {} (encoding.max_dimension)",
                              source.rows(), source.columns(), data.vocabulary->max_dimension()));
  }
  if (source.size() >= most) {  // every number takes a token at least
    return refuse(
        fmt::format("it has {} numbers; an input has fewer than data.max_len = {} tokens", source.size(), most));
  }
  std::vector<TokenId> tokens;
  data.input->encode(source, question.example.code, tokens);
  if (tokens.size() >= most) {
    return refuse(fmt::format("it takes {} tokens; an input has fewer than data.max_len = {}", tokens.size(), most));
  }
  return tokens;
}

void warn_of_source(const ExperimentData& data, MatrixQuestion& question) {
  const Matrix& source = question.example.source;
  if (!is_finite(source)) {
    question.warnings.emplace_back("it has entries that are not finite");
    return;
  }
  const double largest = largest_of(source);
  if (largest >= data.limits.source) {
    question.warnings.push_back(fmt::format(
        "it has a coefficient of absolute value {:.4g}; the input encoding writes them as if they were below "
        "{:.4g}",
        largest, data.limits.source));
  }
  // Of several tasks in turn it suffices that one draws such inputs.
  std::vector<std::string> differences;
  for (const std::shared_ptr<const Task>& task : data.training_tasks) {
    differences = task->unfamiliar(question.example);
    if (differences.empty()) break;
  }
  for (const std::string& difference : differences) {
    question.warnings.push_back("unlike the training examples: " + printable(difference, 1000));
  }
}

void warn_of_truth(const ExperimentData& data, MatrixQuestion& question) {
  if (!question.has_truth) {
    if (is_finite(question.example.source)) question.warnings.emplace_back("the task has no answer to it");
    return;
  }
  const Matrix& target = question.example.target;
  const double largest = largest_of(target);
  if (largest >= data.limits.target) {
    question.warnings.push_back(
        fmt::format("the true answer has a coefficient of absolute value {:.4g}; the output "
                    "encoding writes smaller ones than {:.4g}",
                    largest, data.limits.target));
  }
  const auto most = static_cast<std::size_t>(std::min(data.limits.max_output_len, data.limits.max_len - 1));
  if (std::max(target.rows(), target.columns()) > data.vocabulary->max_dimension() || target.size() + 2 > most) {
    question.warnings.push_back(fmt::format("the true answer, {} x {}, is too long to be written by the model",
                                            target.rows(), target.columns()));
    return;
  }
  std::vector<TokenId> tokens;
  data.output->encode(target, question.example.code, tokens);
  if (tokens.size() > most) {
    question.warnings.push_back(
        fmt::format("the true answer takes {} tokens; the model writes at most {}", tokens.size(), most));
  }
}

}  // namespace

MatrixQuestion make_question(const ExperimentData& data, const Matrix& source, const std::string& task) {
  MatrixQuestion question;
  question.example.source = source;
  question.example.code = code_of(*data.training.task, task);
  question.tokens = tokens_for_model(data, question);
  warn_of_source(data, question);
  question.has_truth =
      is_finite(source) && data.training.task->answer(question.example) && is_finite(question.example.target);
  warn_of_truth(data, question);
  return question;
}

MatrixAnswer judge_answer(const ExperimentData& data, const MatrixQuestion& question, std::optional<Matrix> matrix,
                          double coeff_tolerance) {
  MatrixAnswer answer{std::move(matrix), std::nullopt};
  if (!answer.matrix || !question.has_truth) return answer;
  const Score score = data.training.task->score(question.example, *answer.matrix, coeff_tolerance);
  if (score.valid) answer.score = score;
  return answer;
}

MatrixAnswer read_answer(const ExperimentData& data, const MatrixQuestion& question,
                         std::span<const TokenId> hypothesis, double coeff_tolerance) {
  return judge_answer(data, question, data.output->decode(hypothesis, question.example.code), coeff_tolerance);
}

}  // namespace matseq
