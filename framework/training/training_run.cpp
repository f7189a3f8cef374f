#include "training/training_run.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "configuration/continuation.h"
#include "data/data_check.h"
#include "data/experiment_data.h"
#include "device/device.h"
#include "evaluation/evaluator.h"
#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "run/progress.h"
#include "run/progress_bar.h"
#include "run/run_lock.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/model_tensors.h"
#include "threads/stop_request.h"
#include "threads/stop_signals.h"
#include "training/experiment_model.h"
#include "training/parameter_roles.h"
#include "training/plugin_factories.h"
#include "training/run_recorder.h"
#include "training/stopping.h"
#include "training/training_log.h"

namespace matseq {
namespace {

[[noreturn]] void refuse(const RunFolder& folder, const std::string& difference) {
  throw Error(
      fmt::format("{}: this folder holds a run of another experiment ({}); name another folder with --run, or "
                  "remove it",
                  folder.path().string(), difference));
}

/// Refuses a folder of another experiment.
void require_same_experiment(const RunFolder& folder, const std::string& resolved) {
  if (!std::filesystem::exists(folder.config())) return;
  const std::string existing = FileDescriptor(folder.config(), O_RDONLY).content();
  const std::string difference = continuation_conflict(existing, resolved);
  if (!difference.empty()) refuse(folder, difference);
}

StoppingCriteria read_criteria(const Experiment& experiment) {
  try {
    return {experiment.training.validation_metrics, experiment.training.stopping_criterion};
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", setting_place(experiment, "training", "stopping_criterion"), error.what()));
  }
}

/// The criteria by which models will be judged; a metric that no evaluation will have is noticed now, not then.
StoppingCriteria checked_criteria(const Experiment& experiment) {
  StoppingCriteria criteria = read_criteria(experiment);
  std::vector<std::string> sets;
  for (const TestSet& set : experiment.evaluation.sets) sets.push_back(set.name);
  criteria.require_known(metric_names(sets, experiment.evaluation.tolerances),
                         [&](const std::string& key) { return setting_place(experiment, "training", key); });
  return criteria;
}

/// A data file may have moved, but must have the same content.
void require_same_data(const RunFolder& folder, const std::optional<SavedState>& saved, const ExperimentData& data) {
  if (saved && saved->data && saved->data != data.training.examples->checksum()) {
    refuse(folder, "the file data.reload_data, of training examples, has another content than the run was trained on");
  }
}

MakeGraphCapture graph_capture(const TrainingConfiguration& settings, const torch::Device& device, Progress& progress) {
  if (!settings.cuda_graphs || !device.is_cuda()) return nullptr;
  MakeGraphCapture capture = cuda_graphs(device);
  if (!capture) {
    progress.warning(
        "training.cuda_graphs has no effect: matseq was built without CUDA's headers, or with a LibTorch before 2.1");
  }
  return capture;
}

double base_rate(const Experiment& experiment, PluginLoader& loader) {
  const ParameterSchema& schema = loader.schema(PluginKind::optimizer, experiment.optimizer.plugin);
  return Parameters::check(schema, experiment.optimizer.table, "the optimizer").real("learning_rate");
}

std::vector<TestResult> evaluate(const Evaluator& evaluator, Model& model) {
  ProgressBar bar("evaluating", evaluator.examples(), "examples");
  std::int64_t done = 0;
  return evaluator.evaluate(model, [&](const DataSet&, const std::vector<Prediction>& predictions) {
    bar.show(done += static_cast<std::int64_t>(predictions.size()));
  });
}

}  // namespace

TrainingOutcome train(const Experiment& experiment, PluginLoader& loader, const std::filesystem::path& path) {
  const TrainingConfiguration& settings = experiment.training;
  const StoppingCriteria criteria = checked_criteria(experiment);
  const RunFolder folder(path);
  const std::string resolved = resolved_toml(experiment, loader);
  const RunLock lock(path);
  folder.require_state_with_weights();
  require_same_experiment(folder, resolved);
  folder.recover();
  const std::optional<SavedState> saved = folder.readable_state();
  if (saved && criteria.finished(saved->training, settings.max_epoch)) return {};

  const auto [device, precision] = computation_to_train(experiment);
  const ExperimentData data = make_experiment_data(experiment, loader);
  const std::vector<std::string> remarks = check_data(data);
  require_same_data(folder, saved, data);
  set_threads(settings.threads);
  const std::unique_ptr<Model> model = make_experiment_model(
      experiment, model_setup(experiment, static_cast<std::int64_t>(data.vocabulary->size())), loader);
  model->module().to(device);
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const std::unique_ptr<Optimizer> optimizer =
      make_optimizer(loader, experiment.optimizer.plugin, experiment.optimizer.table,
                     parameters_to_train(*model, static_cast<std::int64_t>(data.vocabulary->size())));
  const std::unique_ptr<Schedule> schedule =
      loader.make_schedule(experiment.schedule.plugin, experiment.schedule.table);
  const Evaluator evaluator(experiment.evaluation, data, experiment.data.workers, device, precision);
  std::optional<LoadedCheckpoint> checkpoint;
  if (saved) checkpoint = load_checkpoint(folder, *model, *optimizer);

  write_atomically(folder.config(), resolved);
  Progress progress(folder.log().string());
  if (checkpoint && !checkpoint->warning.empty()) progress.warning(checkpoint->warning);
  std::int64_t count = 0;
  for (const NamedTensor& parameter : parameters) count += parameter.tensor.numel();
  progress.line(
      fmt::format("{}: task {}, model {} with {} parameters, {} tokens, device {}, {}, {} threads, LibTorch {}",
                  path.string(), experiment.task.plugin, experiment.model.plugin, count, data.vocabulary->size(),
                  device.str(), settings.precision, torch::get_num_threads(), TORCH_VERSION));
  for (const std::string& remark : remarks) progress.warning(remark);

  Trainer trainer(settings,
                  {*model, *optimizer, parameters, *schedule, base_rate(experiment, loader), data.training.examples,
                   experiment.data.workers, device, precision, graph_capture(settings, device, progress),
                   [&evaluator](Model& trained) { return evaluate(evaluator, trained); }},
                  checkpoint ? std::optional(checkpoint->state.training) : std::nullopt);
  TrainingLog log(progress, settings, path.string(), *model, device, precision, data.limits);
  RunRecorder recorder(folder, settings, data, *model, *optimizer, progress,
                       checkpoint ? checkpoint->state.records : Metrics::begin(path),
                       checkpoint ? checkpoint->state.training : TrainingState());
  trainer.attach(log);
  trainer.attach(recorder);
  const HeedStopSignals heed;
  return trainer.run(stop_requested);
}

}  // namespace matseq
