#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/data_check.h"
#include "data/experiment_data.h"
#include "evaluation/evaluator.h"
#include "evaluation/prediction_writer.h"
#include "run/progress_bar.h"
#include "tensor_commands.h"
#include "threads/stop_signals.h"
#include "trained_run.h"

namespace matseq {
namespace {

struct EvalArguments {
  std::string run;
  ExperimentArguments experiment;
  std::string checkpoint = "model";
  std::string data;
  bool json = false;
  std::uint64_t show = 0;
  int verbose = 0;
  std::string predictions;
};

std::string matrix_text(const std::optional<DecodedMatrix>& decoded) {
  if (!decoded) return "  (not a matrix)\n";
  std::string text;
  for (std::size_t row = 0; row < decoded->matrix.rows(); ++row) {
    text += "  ";
    for (std::size_t column = 0; column < decoded->matrix.columns(); ++column) {
      text += fmt::format(" {:>10.4g}", decoded->matrix(row, column));
    }
    text += "\n";
  }
  return text;
}

/// Prints the first few predictions beside the truth.
class Showcase {
 public:
  Showcase(const ExperimentData& data, std::uint64_t count) : data_(data), left_(count) {}

  void operator()(const std::vector<Prediction>& predictions) {
    for (const Prediction& prediction : predictions) {
      if (left_ == 0) return;
      --left_;
      const std::vector<TokenId>& answer = prediction.hypotheses.empty() ? prediction.target : prediction.hypotheses[0];
      std::cout << fmt::format("input\n{}target\n{}prediction ({})\n{}\n",
                               matrix_text(data_.input->decode_any(prediction.source)),
                               matrix_text(data_.output->decode_any(prediction.target)), verdict(prediction),
                               matrix_text(data_.output->decode_any(answer)));
    }
  }

 private:
  static std::string verdict(const Prediction& prediction) {
    if (prediction.result.perfect) return "every token right";
    if (!prediction.result.correct) return "not an answer";
    return fmt::format("d1 error {:.3g}", prediction.result.errors[1]);
  }

  const ExperimentData& data_;
  std::uint64_t left_;
};

/// What the options say that are settings.
std::vector<std::string> overrides_of(const EvalArguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.data.empty()) {
    const std::string file = std::filesystem::absolute(arguments.data).string();
    overrides.push_back("evaluation.data=" + nlohmann::json(file).dump());
  }
  if (arguments.verbose == 2) overrides.emplace_back("evaluation.decode_perfect=true");
  return overrides;
}

void check_test_sets(const ExperimentData& data) {
  for (const DataSet& set : data.tests) {
    check_data_set(set, data.limits, Targets::decoded);
    const std::string remark = set.examples->remark();
    if (!remark.empty()) {
      std::cerr << "warning: '" << set.name << "': " << remark << "; --set evaluation.size=-1 takes all\n";
    }
  }
}

std::optional<PredictionWriter> open_predictions(const EvalArguments& arguments, const TrainedRun& run) {
  if (arguments.verbose == 0 && arguments.predictions.empty()) return std::nullopt;
  const std::filesystem::path file = arguments.predictions.empty()
                                         ? std::filesystem::path(arguments.run) / "predictions.jsonl"
                                         : std::filesystem::path(arguments.predictions);
  return std::optional<PredictionWriter>(std::in_place, file, run.data, run.experiment.task.plugin);
}

void evaluate(const EvalArguments& arguments) {
  const TrainedRun run = load_trained_run(arguments.run, arguments.checkpoint, arguments.experiment,
                                          overrides_of(arguments), check_test_sets);
  const Evaluator evaluator(run.experiment.evaluation, run.data, run.experiment.data.workers, run.computation.device,
                            run.computation.precision);

  Showcase showcase(run.data, arguments.show);
  std::optional<PredictionWriter> writer = open_predictions(arguments, run);
  const HeedStopSignals heed;
  ProgressBar bar("evaluating", evaluator.examples(), "examples");
  std::int64_t done = 0;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<TestResult> results =
      evaluator.evaluate(*run.model, [&](const DataSet& set, const std::vector<Prediction>& predictions) {
        showcase(predictions);
        notice_broken_pipe();
        if (writer) writer->write(set, predictions);
        bar.show(done += static_cast<std::int64_t>(predictions.size()));
      });
  if (writer) writer->finish();
  for (const TestResult& result : results) {
    for (const std::string& remark : data_remarks(result.name, result.data, run.data.limits)) {
      std::cerr << "warning: " << remark << "\n";
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!arguments.json) {
    std::cout << to_table(results) << fmt::format("evaluated in {:.2f} s\n", seconds) << std::flush;
    return;
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const TestResult& result : results) json[result.name] = to_json(result);
  std::cout << json.dump(2) << "\n" << std::flush;
}

void add_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("eval", "Evaluates the model of a run on its test sets");
  command->footer("Example: matseq eval runs/quickstart --set evaluation.beam_size=5 --show 3");
  const auto arguments = std::make_shared<EvalArguments>();
  command->add_option("run", arguments->run, "the run's folder")->required();
  arguments->experiment.add_to(*command,
                               "table.key=value, instead of what the run's config.toml says: evaluation.beam_size=5, "
                               "evaluation.task.eigen_distribution=[\"laplace\"]");
  command->add_option("--checkpoint", arguments->checkpoint, "model, ema, best-METRIC or epoch-N (default: model)");
  command->add_option("--data", arguments->data,
                      "a file of examples (input tokens, TAB, target tokens) in place of the set valid");
  command->add_flag("--json", arguments->json, "print JSON instead of a table");
  command->add_option("--show", arguments->show, "print so many predictions beside the truth");
  command
      ->add_option("--verbose", arguments->verbose,
                   "write every input, target and prediction as JSON lines; 1: perfect examples, whose prediction is "
                   "their target, are not decoded; 2: all are")
      ->check(CLI::Range(0, 2));
  command->add_option(
      "--predictions", arguments->predictions,
      "where --verbose writes (default: predictions.jsonl in the run's folder); alone it is --verbose 1");
  command->callback([arguments] { evaluate(*arguments); });
}

}  // namespace

void add_evaluation_commands(CLI::App& app) { add_eval(app); }

}  // namespace matseq
