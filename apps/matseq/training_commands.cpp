#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "evaluation/evaluator.h"
#include "matseq/error.h"
#include "training/device.h"
#include "training/run_folder.h"
#include "training/trainer.h"

namespace matseq {
namespace {

constexpr int interrupted_status = 130;  // what shells report for Ctrl-C

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Trains the model of an experiment; continues a run that is there");
  struct Arguments {
    std::string config;
    std::vector<std::string> overrides;
    std::string run;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("config", arguments->config, "the experiment's TOML file")->required();
  command->add_option("--set", arguments->overrides, "table.key=value, instead of what the file says")
      ->allow_extra_args(false);
  command->add_option("--run", arguments->run, "the run's folder (default: runs/NAME of the file)");
  command->callback([arguments] {
    const std::filesystem::path config = arguments->config;
    const Experiment experiment = read_experiment(config, arguments->overrides);
    PluginLoader loader(experiment.plugin_path);
    const std::filesystem::path folder =
        arguments->run.empty() ? std::filesystem::path("runs") / config.stem() : std::filesystem::path(arguments->run);
    const TrainingOutcome outcome = train(experiment, loader, folder);
    if (outcome.interrupted) throw CLI::RuntimeError(interrupted_status);
    if (outcome.results.empty()) {
      std::cout << fmt::format("{}: this run is finished; `matseq eval {}` evaluates it\n", folder.string(),
                               folder.string());
    }
  });
}

struct EvalArguments {
  std::string run;
  std::vector<std::string> overrides;
  std::string checkpoint = "model";
  bool json = false;
  std::uint64_t show = 0;
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
      const std::vector<WordId>& answer = prediction.hypotheses.empty() ? prediction.target : prediction.hypotheses[0];
      std::cout << fmt::format("input\n{}target\n{}prediction ({})\n{}\n",
                               matrix_text(data_.input->decode_any(prediction.source)),
                               matrix_text(data_.output->decode_any(prediction.target)), verdict(prediction),
                               matrix_text(data_.output->decode_any(answer)));
    }
  }

 private:
  static std::string verdict(const Prediction& prediction) {
    if (prediction.result.perfect) return "every word right";
    if (!prediction.result.correct) return "not an answer";
    return fmt::format("d1 error {:.3g}", prediction.result.errors[1]);
  }

  const ExperimentData& data_;
  std::uint64_t left_;
};

void evaluate(const EvalArguments& arguments) {
  const RunFolder folder(arguments.run);
  if (!std::filesystem::exists(folder.config())) {
    throw Error(fmt::format("{}: this is no run: it has no config.toml", arguments.run));
  }
  const Experiment experiment = read_experiment(folder.config(), arguments.overrides);
  PluginLoader loader(experiment.plugin_path);
  const ExperimentData data = make_experiment_data(experiment, loader);
  const torch::Device device = choose_device(experiment.training.device);
  if (experiment.training.threads > 0) {
    torch::set_num_threads(static_cast<int>(experiment.training.threads));
  } else {
    torch::set_num_threads(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  }
  const std::unique_ptr<Model> model = make_experiment_model(experiment, data, loader);
  folder.load_weights(arguments.checkpoint, *model);
  model->module().to(device);
  const Evaluator evaluator(experiment.evaluation, data, experiment.data.workers, device,
                            choose_precision(experiment.training.precision));

  Showcase showcase(data, arguments.show);
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<TestResult> results = evaluator.evaluate(
      *model, [&](const DataSet&, const std::vector<Prediction>& predictions) { showcase(predictions); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!arguments.json) {
    std::cout << to_table(results) << fmt::format("evaluated in {:.1f} s\n", seconds) << std::flush;
    return;
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const TestResult& result : results) json[result.name] = to_json(result);
  std::cout << json.dump(2) << "\n" << std::flush;
}

void add_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("eval", "Evaluates the model of a run on its test sets");
  const auto arguments = std::make_shared<EvalArguments>();
  command->add_option("run", arguments->run, "the run's folder")->required();
  command
      ->add_option("--set", arguments->overrides,
                   "table.key=value, instead of what the run's config.toml says: evaluation.beam_size=5, "
                   "evaluation.task.eigen_distribution=[\"laplace\"]")
      ->allow_extra_args(false);
  command->add_option("--checkpoint", arguments->checkpoint, "model, best-METRIC or epoch-N (default: model)");
  command->add_flag("--json", arguments->json, "print JSON instead of a table");
  command->add_option("--show", arguments->show, "print so many predictions beside the truth");
  command->callback([arguments] { evaluate(*arguments); });
}

}  // namespace

void add_training_commands(CLI::App& app) {
  add_train(app);
  add_eval(app);
}

}  // namespace matseq
