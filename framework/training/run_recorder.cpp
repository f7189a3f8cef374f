#include "training/run_recorder.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "evaluation/evaluator.h"
#include "files/atomic_file.h"
#include "files/json_number.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/model_tensors.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

nlohmann::ordered_json begin_line(const TrainingState& state) {
  return {{"update", state.update}, {"epoch", state.epoch}};
}

}  // namespace

RunRecorder::RunRecorder(const RunFolder& folder, const TrainingConfiguration& settings, const ExperimentData& data,
                         Model& model, Optimizer& optimizer, const WeightAverage* average, Progress& progress,
                         const RecordPositions& records, const TrainingState& from)
    : folder_(folder),
      settings_(settings),
      data_(data),
      model_(model),
      optimizer_(optimizer),
      average_(average),
      progress_(progress),
      metrics_(folder.path(), records),
      times_(folder.path(), from) {
  for (const std::string& warning : metrics_.warnings()) progress_.warning(warning);
}

/// The examples of the first of several skipped updates, in the format of data files, for study.
void RunRecorder::on_skip(const SkipReport& report) {
  if (report.state.skipped > 1) return;
  std::string text;
  SequencePair example;
  for (std::uint64_t number = report.first_example; number < report.first_example + report.examples; ++number) {
    data_.training.examples->get(number, example);
    text +=
        tokens_text(example.source, *data_.vocabulary) + "\t" + tokens_text(example.target, *data_.vocabulary) + "\n";
  }
  const std::filesystem::path file = folder_.path() / fmt::format("not-finite-{}.txt", report.state.update);
  write_atomically(file, text);
  progress_.line("its examples are in " + file.string());
}

void RunRecorder::on_progress(const ProgressReport& report) {
  nlohmann::ordered_json line = begin_line(report.state);
  line["learning_rate"] = report.learning_rate;
  line["loss"] = json_number(report.loss);
  metrics_.add(line);
  const Throughput& done = report.throughput;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - done.since).count();
  times_.add(report.state, static_cast<double>(done.examples) / seconds);
}

void RunRecorder::on_epoch(const EpochReport& report) {
  nlohmann::ordered_json line = begin_line(report.state);
  line["data"] = to_json(report.state.data);
  for (const TestResult& result : report.results) line[result.name] = to_json(result);
  metrics_.add(line);
  times_.add(report.state);
  for (const std::string& better : report.verdict.best) {
    save_weights(folder_, "best-" + better, is_of_average(better) ? average_->tensors() : model_tensors(model_),
                 report.state);
  }
  if (settings_.save_periodic > 0 && report.state.epoch % settings_.save_periodic == 0) {
    const std::string name = fmt::format("epoch-{}", report.state.epoch);
    save_weights(folder_, name, model_tensors(model_), report.state);
    if (average_ != nullptr) save_weights(folder_, averaged_set(name), average_->tensors(), report.state);
  }
}

void RunRecorder::on_checkpoint(const TrainingState& state) {
  SavedState saved;
  saved.training = state;
  saved.records = metrics_.sync();
  saved.data = data_.training.examples->checksum();
  save_checkpoint(folder_, saved,
                  {model_, optimizer_, average_ == nullptr ? std::vector<NamedTensor>() : average_->tensors()});
}

}  // namespace matseq
