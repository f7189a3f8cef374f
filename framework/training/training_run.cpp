#include "training/training_run.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "configuration/continuation.h"
#include "configuration/setting_defaults.h"
#include "data/data_check.h"
#include "data/experiment_data.h"
#include "device/device.h"
#include "device/instruction_sets.h"
#include "distributed/rank_place.h"
#include "distributed/tensors/process_groups.h"
#include "evaluation/evaluator.h"
#include "files/atomic_file.h"
#include "files/checksum.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "run/progress.h"
#include "run/progress_bar.h"
#include "run/run_lock.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/model_tensors.h"
#include "threads/available_processors.h"
#include "threads/stop_request.h"
#include "threads/stop_signals.h"
#include "training/experiment_model.h"
#include "training/parameter_roles.h"
#include "training/plugin_factories.h"
#include "training/run_recorder.h"
#include "training/stopping.h"
#include "training/training_log.h"
#include "training/weight_average.h"

namespace matseq {
namespace {

[[noreturn]] void refuse(const RunFolder& folder, const std::string& difference) {
  throw Error(
      fmt::format("{}: this folder holds a run of another experiment ({}); name another folder with --run, or "
                  "remove it",
                  folder.path().string(), difference));
}

/// Refuses a folder of another experiment; `resolved` is the config.toml of this one.
void require_same_experiment(const RunFolder& folder, const std::string& resolved, const Experiment& experiment,
                             PluginLoader& loader) {
  if (!std::filesystem::exists(folder.config())) return;
  SettingDefaults defaults;
  defaults.add(experiment, loader);
  const std::string existing = FileDescriptor(folder.config(), O_RDONLY).content();
  const std::string difference = continuation_conflict(existing, resolved, defaults);
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
  for (const TestSet& set : experiment.evaluation.sets) {
    sets.push_back(set.name);
    if (experiment.evaluation.samples > 1) sets.push_back(median_set(set.name));
  }
  if (experiment.training.ema > 0) {
    const std::vector<std::string> plain = sets;
    for (const std::string& set : plain) sets.push_back(averaged_set(set));
  }
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

MakeGraphCapture graph_capture(const TrainingConfiguration& settings, const torch::Device& device,
                               std::vector<std::string>& remarks) {
  if (!settings.cuda_graphs || !device.is_cuda()) return nullptr;
  MakeGraphCapture capture = cuda_graphs(device);
  if (!capture) {
    remarks.emplace_back(
        "training.cuda_graphs has no effect: matseq was built without CUDA's headers, or with a LibTorch before 2.1");
  }
  return capture;
}

double base_rate(const Experiment& experiment, PluginLoader& loader) {
  const ParameterSchema& schema = loader.schema(PluginKind::optimizer, experiment.optimizer.plugin);
  return Parameters::check(schema, experiment.optimizer.table, "the optimizer").real("learning_rate");
}

/// Shown by the first of the ranks, which has done its share of the examples when they have.
std::vector<TestResult> evaluate_shown(const Evaluator& evaluator, Model& model, const Communicator& ranks) {
  if (ranks.rank() > 0) return evaluator.evaluate(model);
  ProgressBar bar("evaluating", evaluator.examples(), "examples");
  std::int64_t done = 0;
  return evaluator.evaluate(model, [&](const DataSet&, const std::vector<Prediction>& predictions) {
    done += static_cast<std::int64_t>(predictions.size() * ranks.size());
    bar.show(std::min(done, evaluator.examples()));
  });
}

/// With averaged weights, too, if there are any.
std::vector<TestResult> evaluate(const Evaluator& evaluator, Model& model, const WeightAverage* average,
                                 const Communicator& ranks) {
  std::vector<TestResult> results = evaluate_shown(evaluator, model, ranks);
  if (average == nullptr) return results;
  const WeightAverage::InUse averaged(*average);
  for (TestResult& result : evaluate_shown(evaluator, model, ranks)) {
    result.name = averaged_set(result.name);
    result.data = {};  // the same examples
    results.push_back(std::move(result));
  }
  return results;
}

/// Threads of a process, where nobody says how many: machines are shared out among their ranks.
std::int64_t threads_of(const TrainingConfiguration& settings, const RankPlace& place) {
  if (settings.threads > 0 || place.local_size == 1) return settings.threads;
  return std::max<std::int64_t>(1, available_processors() / static_cast<std::int64_t>(place.local_size));
}

/// Refuses ranks that would not compute the same, such as on machines that do not share their files, or of another
/// kind.
void require_same_beginning(Communicator& ranks, const std::string& resolved, const TrainingState& state,
                            Model& model) {
  if (ranks.size() == 1) return;
  const std::vector<std::string> of_ranks = gather_in_step(ranks, [&] {
    Crc32c weights;
    for (const NamedTensor& named : model_tensors(model)) {
      const torch::Tensor tensor = named.tensor.detach().cpu().contiguous();
      weights.add({static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()});
    }
    return fmt::format("configuration {:08x}\nupdate {}\nLibTorch {}\nprocessor {}\nweights {:08x}\n",
                       Crc32c::of(std::as_bytes(std::span(resolved))), state.update, TORCH_VERSION,
                       fmt::format("{}, {}, {}", own_instruction_set(), libtorch_instruction_set(), blas_kernels()),
                       weights.value());
  });
  const std::string& first = of_ranks.front();
  for (std::size_t rank = 1; rank < of_ranks.size(); ++rank) {
    if (of_ranks[rank] == first) continue;
    const auto place = std::ranges::mismatch(first, of_ranks[rank]).in1 - first.begin();
    const std::size_t line = first.rfind('\n', static_cast<std::size_t>(place)) + 1;
    const auto from = [line](const std::string& text) { return text.substr(line, text.find('\n', line) - line); };
    throw Error(
        fmt::format("rank {} begins with '{}', rank 0 with '{}': all must see the same experiment file and run "
                    "folder, and compute alike",
                    rank, from(of_ranks[rank]), from(first)));
  }
}

}  // namespace

TrainingOutcome train(const Experiment& experiment, PluginLoader& loader, const std::filesystem::path& path) {
  const TrainingConfiguration& settings = experiment.training;
  const StoppingCriteria criteria = checked_criteria(experiment);
  const RunFolder folder(path);
  const std::string resolved = resolved_toml(experiment, loader);
  const RankPlace place = find_rank_place([](const char* name) { return std::getenv(name); });
  const std::unique_ptr<Communicator> ranks = meet(place, std::chrono::seconds(settings.rank_timeout));
  const bool is_first = ranks->rank() == 0;
  std::optional<RunLock> lock;
  do_on_first(*ranks, [&] {
    lock.emplace(path);
    folder.require_state_with_weights();
    require_same_experiment(folder, resolved, experiment, loader);
    folder.recover();
  });
  std::optional<SavedState> saved;
  gather_in_step(*ranks, [&] {  // before rank 0 changes anything
    saved = folder.readable_state();
    return std::string();
  });
  if (saved && criteria.finished(saved->training, settings.max_epoch)) return {};

  const auto [any_device, precision] = computation_to_train(experiment);
  const torch::Device device = place.alone() ? any_device : device_of_rank(any_device, place.local_rank);
  const ExperimentData data = make_experiment_data(experiment, loader);
  std::vector<std::string> remarks = check_data(data);
  require_same_data(folder, saved, data);
  set_threads(threads_of(settings, place));
  const std::unique_ptr<Model> model = make_experiment_model(
      experiment, model_setup(experiment, static_cast<std::int64_t>(data.vocabulary->size())), loader);
  model->module().to(device);
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const std::unique_ptr<Optimizer> optimizer =
      make_optimizer(loader, experiment.optimizer.plugin, experiment.optimizer.table,
                     parameters_to_train(*model, static_cast<std::int64_t>(data.vocabulary->size())));
  const std::unique_ptr<Schedule> schedule =
      loader.make_schedule(experiment.schedule.plugin, experiment.schedule.table);
  const Evaluator evaluator(experiment.evaluation, data, experiment.data.workers, device, precision, *ranks);
  std::optional<WeightAverage> average;
  if (settings.ema > 0) average.emplace(*model, settings.ema);
  if (saved) {
    const CheckpointParts parts = {*model, *optimizer, average ? average->tensors() : std::vector<NamedTensor>()};
    do_on_first(*ranks, [&] {
      LoadedCheckpoint checkpoint = load_checkpoint(folder, parts);
      if (!checkpoint.warning.empty()) remarks.push_back(checkpoint.warning);
      saved = std::move(checkpoint.state);
    });
    if (!is_first) saved = read_checkpoint(folder, parts);
  }
  const TrainingState state = saved ? saved->training : TrainingState();
  require_same_beginning(*ranks, resolved, state, *model);

  Trainer trainer(
      settings,
      {*model, *optimizer, parameters, *schedule, base_rate(experiment, loader), data.training.examples,
       experiment.data.workers, experiment.data.seed, device, precision, graph_capture(settings, device, remarks),
       [&](Model& trained) { return evaluate(evaluator, trained, average ? &*average : nullptr, *ranks); }, *ranks},
      saved ? std::optional(state) : std::nullopt);
  if (average) trainer.attach(*average);
  std::optional<Progress> progress;
  std::optional<TrainingLog> log;
  std::optional<RunRecorder> recorder;
  do_on_first(*ranks, [&] {
    write_atomically(folder.config(), resolved);
    progress.emplace(folder.log().string());
    std::int64_t count = 0;
    for (const NamedTensor& parameter : parameters) count += parameter.tensor.numel();
    progress->line(
        fmt::format("{}: task {}, model {} with {} parameters, {} tokens, device {}, {}, {} threads{}, LibTorch {}",
                    path.string(), experiment.task.plugin, experiment.model.plugin, count, data.vocabulary->size(),
                    device.str(), settings.precision, torch::get_num_threads(),
                    place.alone() ? "" : fmt::format(" on each of {} ranks", place.size), TORCH_VERSION));
    for (const std::string& remark : remarks) progress->warning(remark);
    log.emplace(*progress, settings, path.string(), *model, device, precision, data.limits);
    recorder.emplace(folder, settings, data, *model, *optimizer, average ? &*average : nullptr, *progress,
                     saved ? saved->records : Metrics::begin(path), state);
    trainer.attach(*log);
    trainer.attach(*recorder);
  });
  const HeedStopSignals heed;
  const TrainingOutcome outcome = trainer.run(stop_requested);
  ranks->gather("");  // whoever leaves first would take connections down that others still read from
  return outcome;
}

}  // namespace matseq
