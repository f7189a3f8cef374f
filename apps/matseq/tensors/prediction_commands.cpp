#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/matrix_question.h"
#include "evaluation/predictor.h"
#include "evaluation/sample_summary.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "prediction_text.h"
#include "tensor_commands.h"
#include "threads/stop_signals.h"
#include "tokens/line_streams.h"
#include "tokens/matrix_reader.h"
#include "tokens/token_text.h"
#include "trained_run.h"

namespace matseq {
namespace {

constexpr std::size_t terminal_width = 120;
/// Of a batch, padding included: bounds the memory of a batch of long inputs.
constexpr std::size_t most_batch_tokens = 65536;
constexpr std::size_t longest_shown_answer = 200;

struct PredictArguments {
  std::string run;
  std::vector<std::string> files;
  std::string format;
  std::string task;
  std::int64_t beam = 0;
  std::string checkpoint = "model";
  bool json = false;
  ExperimentArguments experiment;
};

/// Asks in batches and prints the answers in the order of the questions.
class Interview {
 public:
  Interview(const PredictArguments& arguments, TrainedRun& run)
      : arguments_(arguments),
        run_(run),
        predictor_(*run.model, run.experiment.evaluation, *run.data.grammar, run.computation.device,
                   run.computation.precision),
        with_all_(run.experiment.evaluation.beam_size > 1),
        writer_(std::cout) {}

  void ask(ReadMatrix read) {
    AnsweredQuestion next;
    try {
      next.question = make_question(run_.data, read.matrix, read.task.empty() ? arguments_.task : read.task);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", read.place, error.what()));
    }
    next.place = std::move(read.place);
    longest_ = std::max(longest_, next.question.tokens.size());
    pending_.push_back(std::move(next));
    const std::size_t size = pending_.size();
    if (size >= static_cast<std::size_t>(run_.experiment.evaluation.batch_size) ||
        size * longest_ >= most_batch_tokens) {
      answer();
    }
  }

  /// Answers what has been asked.
  void answer() {
    std::vector<std::vector<TokenId>> sources;
    for (const AnsweredQuestion& question : pending_) {
      if (!question.question.tokens.empty()) sources.push_back(question.question.tokens);
    }
    const auto answers = predictor_.predict(sources);
    auto next = answers.begin();
    for (AnsweredQuestion& question : pending_) {
      if (!question.question.tokens.empty()) read_answers(*next++, question);
    }
    print_pending();
    pending_.clear();
    longest_ = 0;
  }

 private:
  void answer_with_median(AnsweredQuestion& question) const {
    const EvaluationConfiguration& settings = run_.experiment.evaluation;
    std::vector<Matrix> samples;
    for (const MatrixAnswer& answer : question.answers) {
      if (answer.matrix) samples.push_back(*answer.matrix);
    }
    const std::optional<SampleSummary> summary = summarise_samples(samples, settings.sample_interval);
    if (!summary) return;
    question.answers.insert(question.answers.begin(),
                            judge_answer(run_.data, question.question, summary->median, settings.coeff_tolerance));
  }

  void read_answers(const std::vector<std::vector<TokenId>>& hypotheses, AnsweredQuestion& question) const {
    const EvaluationConfiguration& settings = run_.experiment.evaluation;
    for (const std::vector<TokenId>& tokens : hypotheses) {
      question.answers.push_back(read_answer(run_.data, question.question, tokens, settings.coeff_tolerance));
    }
    if (settings.samples > 1) answer_with_median(question);
    if (hypotheses.empty() || question.answers.front().matrix) return;
    const std::string tokens = tokens_text(hypotheses.front(), *run_.data.vocabulary);
    question.question.warnings.push_back(
        "the model's answer is no matrix: " +
        (tokens.empty() ? "it has no tokens" : printable(tokens, longest_shown_answer)));
  }

  void print_pending() {
    try {
      for (const AnsweredQuestion& question : pending_) print(question);
      writer_.flush();
    } catch (const Error&) {
      notice_broken_pipe();  // ends the process as such a pipe usually does
      throw;
    }
  }

  void print(const AnsweredQuestion& question) {
    if (arguments_.json) {
      append_json(question, with_all_, writer_.text());
      writer_.end_line();
    } else {
      append_text(question, with_all_, terminal_width, writer_.text());
    }
  }

  const PredictArguments& arguments_;
  TrainedRun& run_;
  Predictor predictor_;
  bool with_all_;
  LineWriter writer_;
  std::vector<AnsweredQuestion> pending_;
  std::size_t longest_ = 0;
};

/// All matrices of an input; those before a faulty one are answered. Who waits for an answer gets it: a batch is asked
/// as soon as no further input is ready.
void interview(std::istream& input, const std::string& name, MatrixFormat format, Interview& to) {
  const std::unique_ptr<MatrixReader> reader = make_matrix_reader(input, name, format);
  ReadMatrix read;
  try {
    while (reader->next(read)) {
      to.ask(std::move(read));
      if (input.rdbuf()->in_avail() <= 0) to.answer();
    }
  } catch (const Error&) {
    to.answer();
    throw;
  }
  to.answer();
  if (input.bad()) throw Error(name + ": the input cannot be read");
}

MatrixFormat format_for(const std::string& file, const std::optional<MatrixFormat>& chosen) {
  if (chosen) return *chosen;
  const std::optional<MatrixFormat> format = format_of_file(file);
  if (format) return *format;
  throw Error(fmt::format("{}: the name does not say the format; --format json, csv, mtx or npy does", file));
}

void interview_file(const std::string& file, const std::optional<MatrixFormat>& chosen, Interview& to) {
  if (file == "-") {
    interview(std::cin, "standard input", chosen.value_or(MatrixFormat::json), to);
    return;
  }
  const MatrixFormat format = format_for(file, chosen);
  if (std::filesystem::is_directory(file)) throw Error(fmt::format("{}: this is a folder, not a file", file));
  const FileDescriptor opened(file, O_RDONLY);  // for the system's own reason where it cannot be
  std::ifstream input(file, std::ios::binary);
  interview(input, file, format, to);
}

void predict(const PredictArguments& arguments) {
  std::vector<std::string> overrides;
  if (arguments.beam > 0) overrides.push_back(fmt::format("evaluation.beam_size={}", arguments.beam));
  const std::optional<MatrixFormat> format = arguments.format.empty() ? std::nullopt : format_named(arguments.format);
  std::vector<std::string> files = arguments.files;
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    if (file != "-") format_for(file, format);  // before the model is loaded
  }
  TrainedRun run = load_trained_run(arguments.run, arguments.checkpoint, arguments.experiment, overrides);
  Interview interview(arguments, run);
  for (const std::string& file : files) interview_file(file, format, interview);
}

}  // namespace

void add_prediction_commands(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "predict",
      "Asks a run's model for its answers to matrices of your own, and prints them beside the true ones.\n"
      "What the model cannot take, or has never seen the like of, is said.");
  command->footer("Example: echo '[[1.5, 2], [2, -3]]' | matseq predict runs/first");
  const auto arguments = std::make_shared<PredictArguments>();
  command->add_option("run", arguments->run, "the run's folder")->required();
  command->add_option("files", arguments->files,
                      "files of matrices: .json, .jsonl (a matrix a line, [[1, 2], [3, 4]]), .csv (a row a line, an "
                      "empty line between matrices), .mtx (Matrix Market), .npy (NumPy); - or none: standard input");
  command
      ->add_option("--format", arguments->format,
                   "json, csv, mtx or npy, whatever the names say (default of "
                   "standard input: json)")
      ->check(CLI::IsMember({"json", "csv", "mtx", "npy"}));
  command->add_option("--beam", arguments->beam, "search with so many hypotheses, and print all (1: greedily)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--task", arguments->task,
                      "for a model of several tasks: the one that is meant, by name or code, where a line of JSON has "
                      "no \"task\"");
  command->add_flag("--json", arguments->json,
                    "print JSON lines: source, prediction, truth, d1, max, d2, warnings, place; null for what there is "
                    "not");
  command->add_option("--checkpoint", arguments->checkpoint, "model, ema, best-METRIC or epoch-N (default: model)");
  arguments->experiment.add_to(*command,
                               "table.key=value, instead of what the run's config.toml says: training.device=cpu");
  command->callback([arguments] { predict(*arguments); });
}

}  // namespace matseq
