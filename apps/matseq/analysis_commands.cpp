#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/analysis_report.h"
#include "analysis/failure_analysis.h"
#include "analysis/prediction_reader.h"
#include "commands.h"
#include "files/atomic_file.h"
#include "matseq/error.h"
#include "named_task.h"
#include "plugins/plugin_loader.h"
#include "report/analysis_plots.h"
#include "run/progress_bar.h"

namespace matseq {
namespace {

struct AnalyzeArguments {
  std::string predictions;
  std::vector<double> tolerances = {0.05, 0.02, 0.01, 0.005};
  bool json = false;
  std::string svg;
};

void write_plots(const std::vector<AnalysisPlot>& all, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error("cannot make the folder '" + folder.string() + "': " + error.message());
  for (const AnalysisPlot& plot : all) write_atomically(folder / plot.file_name, plot.svg);
}

/// The predictions themselves, or those in a run's folder.
std::filesystem::path predictions_file(const std::filesystem::path& named) {
  if (!std::filesystem::is_directory(named)) return named;
  std::filesystem::path inside = named / "predictions.jsonl";
  if (std::filesystem::exists(inside)) return inside;
  throw Error("'" + named.string() + "' has no predictions.jsonl; `matseq eval " + named.string() +
              " --verbose 1` writes it");
}

void analyze(const AnalyzeArguments& arguments) {
  check_tolerances(arguments.tolerances);
  PluginLoader loader;
  FailureAnalysis analysis([&loader](const std::string& name) { return named_task(loader, name); });
  const auto add = [&](const PredictedExample& example) { analysis.add(example); };
  const std::filesystem::path predictions = predictions_file(arguments.predictions);
  constexpr std::uint64_t kilobyte = 1000;
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(predictions, error);
  ProgressBar bar("reading", error ? 0 : static_cast<std::int64_t>(size / kilobyte), "kB");
  const auto show = [&](std::uint64_t bytes) { bar.show(static_cast<std::int64_t>(bytes / kilobyte)); };
  if (read_predictions(predictions, add, show) == 0) throw Error("'" + predictions.string() + "' has no predictions");
  if (!arguments.svg.empty()) write_plots(plots(analysis, arguments.tolerances), arguments.svg);
  const AnalysisReport figures = report(analysis, arguments.tolerances);
  std::cout << (arguments.json ? to_json(figures).dump(2) + "\n" : to_table(figures)) << std::flush;
}

}  // namespace

void add_analysis_commands(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "analyze",
      "Says how predictions fail: accuracy by tolerance, the errors of right and of wrong predictions, and for\n"
      "tasks that measure them (eigenvectors and inversion) which mathematical properties the wrong ones keep, and\n"
      "condition numbers. `matseq eval RUN --verbose 1` writes the predictions.");
  command->footer("Example: matseq eval runs/quickstart --verbose 1 && matseq analyze runs/quickstart");
  const auto arguments = std::make_shared<AnalyzeArguments>();
  command
      ->add_option("predictions", arguments->predictions,
                   "predictions as JSON lines, as `matseq eval --verbose` writes, or a run's folder, for those in it")
      ->required();
  command
      ->add_option("--tolerances", arguments->tolerances,
                   "relative d1 errors below which a prediction is right, separated by commas; the first tells right "
                   "from wrong (default: 0.05,0.02,0.01,0.005)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--json", arguments->json, "print JSON instead of tables");
  command->add_option("--svg", arguments->svg,
                      "a folder for plots, SET-TASK.PLOT.svg: error distributions, and accuracy against condition "
                      "number");
  command->callback([arguments] { analyze(*arguments); });
}

}  // namespace matseq
