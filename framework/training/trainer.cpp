#include "training/trainer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "configuration/continuation.h"
#include "data/batch_pipeline.h"
#include "device/device.h"
#include "device/device_batch.h"
#include "device/peak_rate.h"
#include "evaluation/evaluator.h"
#include "files/atomic_file.h"
#include "matseq/error.h"
#include "run/metrics.h"
#include "run/progress.h"
#include "run/tensors/run_folder.h"
#include "training/batch_gradients.h"
#include "training/gradient_norm.h"
#include "training/plugin_factories.h"
#include "training/stop_signal.h"
#include "training/stopping.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double largest_scale = 16777216;

/// Examples and tokens since the last log line, for the rates in it. Not part of the run's state: time is not.
struct Throughput {
  std::int64_t examples = 0;
  std::int64_t tokens = 0;
  double operations = 0;     ///< of the model's matrix products, where it tells them
  Clock::duration waited{};  ///< for data
  Clock::time_point since = Clock::now();
};

class Trainer {
 public:
  Trainer(const Experiment& experiment, PluginLoader& loader, ExperimentData data, const std::filesystem::path& folder)
      : experiment_(experiment),
        settings_(experiment.training),
        folder_(folder),
        progress_(folder_.log().string()),
        data_(std::move(data)),
        device_(choose_device(settings_.device)),
        precision_(choose_precision(settings_.precision)),
        model_(make_experiment_model(
            experiment, model_setup(experiment, static_cast<std::int64_t>(data_.vocabulary->size())), loader)),
        schedule_(loader.make_schedule(experiment.schedule.plugin, experiment.schedule.table)),
        evaluator_(experiment.evaluation, data_, experiment.data.workers, device_, precision_),
        criteria_(settings_.validation_metrics, settings_.stopping_criterion) {
    model_->module().to(device_);
    parameters_ = trained_parameters(*model_);
    optimizer_ = make_optimizer(loader, experiment.optimizer.plugin, experiment.optimizer.table, parameters_);
    MakeGraphCapture record;
    if (settings_.cuda_graphs && device_.is_cuda()) {
      record = cuda_graphs();
      if (!record) {
        progress_.warning(
            "training.cuda_graphs has no effect: matseq was built without CUDA's headers, or with a LibTorch before "
            "2.1");
      }
    }
    gradients_.emplace(*model_, parameters_, device_, precision_, static_cast<std::size_t>(torch::get_num_threads()),
                       record);
    const ParameterSchema& schema = loader.schema(PluginKind::optimizer, experiment.optimizer.plugin);
    base_rate_ = Parameters::check(schema, experiment.optimizer.table, "the optimizer").real("learning_rate");
    if (folder_.has_checkpoint()) state_ = folder_.load(*model_, *optimizer_);
    updates_an_epoch_ =
        std::max<std::int64_t>(1, (settings_.epoch_size + examples_an_update() - 1) / examples_an_update());
  }

  TrainingOutcome run() {
    announce();
    TrainingOutcome outcome;
    metrics_.emplace(folder_.path(), state_.update);
    const StopSignal stop;
    std::unique_ptr<BatchPipeline> batches = open_batches();
    while (!state_.finished && state_.epoch < settings_.max_epoch) {
      model_->module().train();
      throughput_ = {};
      while (state_.update_in_epoch < updates_an_epoch_) {
        if (stop.requested()) {
          folder_.save(state_, *model_, *optimizer_);
          progress_.line(fmt::format("interrupted at update {}: saved; `matseq train` on {} continues", state_.update,
                                     folder_.path().string()));
          outcome.interrupted = true;
          return outcome;
        }
        update(*batches);
        if (settings_.save_every > 0 && state_.update % settings_.save_every == 0) {
          folder_.save(state_, *model_, *optimizer_);
        }
      }
      outcome.results = end_epoch();
    }
    if (!state_.finished) {
      state_.finished = true;
      folder_.save(state_, *model_, *optimizer_);
    }
    return outcome;
  }

 private:
  std::int64_t examples_an_update() const { return settings_.batch_size * settings_.accumulate_gradients; }

  std::unique_ptr<BatchPipeline> open_batches() const {
    PipelineOptions options;
    options.first_example = static_cast<std::uint64_t>(state_.update * examples_an_update());
    options.batch_size = static_cast<std::size_t>(settings_.batch_size);
    options.workers = static_cast<std::size_t>(experiment_.data.workers);
    options.memory = memory_for(device_);
    return std::make_unique<BatchPipeline>(data_.training.examples, options);
  }

  void announce() {
    std::int64_t count = 0;
    for (const NamedTensor& parameter : parameters_) count += parameter.tensor.numel();
    progress_.line(fmt::format(
        "{}: task {}, model {} with {} parameters, {} tokens, device {}, {}, {} threads, LibTorch {}",
        folder_.path().string(), experiment_.task.plugin, experiment_.model.plugin, count, data_.vocabulary->size(),
        device_.str(), settings_.precision, torch::get_num_threads(), TORCH_VERSION));
    find_peak_rate();
    if (state_.update > 0) {
      progress_.line(fmt::format("continuing at update {}, epoch {}", state_.update, state_.epoch));
    }
  }

  /// For the log's model FLOPs utilisation, if there will be a line of it.
  void find_peak_rate() {
    const auto updates = static_cast<double>(settings_.max_epoch) * static_cast<double>(updates_an_epoch_);
    const bool logs = updates - static_cast<double>(state_.update) >= static_cast<double>(settings_.log_every);
    if (!logs || model_->operations(1, 2) == 0) return;
    const ProductRate rate = matrix_product_rate(device_, precision_);
    peak_rate_ = rate.operations_a_second;
    progress_.line(fmt::format("model FLOPs utilisation (MFU) is of {:.3g} TFLOP/s, {}", peak_rate_ / 1e12,
                               rate.measured ? "measured here in matrix products" : "which the device's maker states"));
    if (!device_.is_cpu() || precision_ == torch::kFloat32) return;
    const double in_float32 = matrix_product_rate(device_, torch::kFloat32).operations_a_second;
    if (peak_rate_ < in_float32) {
      progress_.warning(
          fmt::format("this processor and LibTorch multiply matrices faster in float32 ({:.3g} TFLOP/s) "
                      "than in {}: training.precision = \"float32\" is the better choice here",
                      in_float32 / 1e12, settings_.precision));
    }
  }

  /// One update of the parameters from `accumulate_gradients` batches.
  void update(BatchPipeline& batches) {
    const bool scaled = precision_ == torch::kFloat16;
    torch::Tensor loss_sum;
    for (std::int64_t i = 0; i < settings_.accumulate_gradients; ++i) {
      const HostBatch* batch = next_batch(batches);
      const double share = 1.0 / static_cast<double>(settings_.accumulate_gradients);
      const torch::Tensor loss =
          gradients_->add(to_device(*batch, device_), scaled ? share * state_.loss_scale : share).to(torch::kFloat64) *
          share;
      loss_sum = loss_sum.defined() ? loss_sum + loss : loss;
      if (i + 1 < settings_.accumulate_gradients) loss.item<double>();  // the batch's memory will be used again
    }
    const torch::NoGradGuard no_gradients;
    if (scaled) scale_gradients(parameters_, 1 / state_.loss_scale);
    // The device is waited for once.
    const torch::Tensor figures = torch::stack({loss_sum, gradient_norm(parameters_).to(loss_sum.options())}).cpu();
    const double loss = figures[0].item<double>(), norm = figures[1].item<double>();
    const bool finite = std::isfinite(loss) && std::isfinite(norm);
    if (finite) {
      if (settings_.clip_grad_norm > 0 && norm > settings_.clip_grad_norm) {
        scale_gradients(parameters_, settings_.clip_grad_norm / (norm + 1e-6));
      }
      optimizer_->step(schedule_->rate(state_.update, base_rate_));
      state_.skipped = 0;
      state_.loss_sum += loss;
      ++state_.loss_count;
    }
    for (const NamedTensor& parameter : parameters_) parameter.tensor.mutable_grad().reset();
    ++state_.update;
    ++state_.update_in_epoch;
    if (scaled) adjust_scale(finite);
    if (!finite) skip(loss, norm);
    if (state_.update % settings_.log_every == 0) log_training();
    if (state_.loss_count > 0) {
      progress_.bar(state_.epoch, state_.update_in_epoch, updates_an_epoch_,
                    state_.loss_sum / static_cast<double>(state_.loss_count));
    }
  }

  /// Counts it for the log.
  const HostBatch* next_batch(BatchPipeline& batches) {
    const auto begin = Clock::now();
    const HostBatch* batch = batches.next();
    throughput_.waited += Clock::now() - begin;
    const PaddedSequences &source = batch->source(), &target = batch->target();
    throughput_.examples += static_cast<std::int64_t>(source.sequences);
    throughput_.tokens += static_cast<std::int64_t>(source.total + target.total);
    for (std::size_t row = 0; row < source.sequences; ++row) {
      throughput_.operations += 3 * model_->operations(source.lengths.get()[row], target.lengths.get()[row]);
    }
    return batch;
  }

  /// Doubles the loss scale after many finite updates, halves it after one that is not (as PyTorch's GradScaler).
  void adjust_scale(bool finite) {
    if (!finite) {
      state_.loss_scale = std::max(1.0, state_.loss_scale / 2);
      state_.scale_growth = 0;
    } else if (++state_.scale_growth == scale_growth_interval) {
      state_.loss_scale = std::min(largest_scale, state_.loss_scale * 2);
      state_.scale_growth = 0;
    }
  }

  void skip(double loss, double norm) {
    ++state_.skipped;
    const std::filesystem::path examples = folder_.path() / fmt::format("not-finite-{}.txt", state_.update);
    if (state_.skipped == 1) write_examples_of_last_update(examples);
    progress_.warning(fmt::format("update {} was skipped: loss {}, gradient norm {}{}", state_.update, loss, norm,
                                  state_.skipped == 1 ? "; its examples are in " + examples.string() : ""));
    if (state_.skipped <= settings_.max_skipped) return;
    throw Error(
        fmt::format("training stopped at update {}: the loss or its gradient was not finite in {} updates in a row "
                    "(loss {}, gradient "
                    "norm {}; training.max_skipped = {}). A lower optimizer.learning_rate, a longer warm-up or "
                    "training.precision = \"float32\" may help; the last checkpoint in {} is untouched",
                    state_.update, state_.skipped, loss, norm, settings_.max_skipped, folder_.path().string()));
  }

  /// In the format of data files, for study.
  void write_examples_of_last_update(const std::filesystem::path& file) const {
    std::string text;
    SequencePair example;
    const auto end = static_cast<std::uint64_t>(state_.update * examples_an_update());
    for (std::uint64_t number = end - static_cast<std::uint64_t>(examples_an_update()); number < end; ++number) {
      data_.training.examples->get(number, example);
      text +=
          tokens_text(example.source, *data_.vocabulary) + "\t" + tokens_text(example.target, *data_.vocabulary) + "\n";
    }
    write_atomically(file, text);
  }

  void log_training() {
    const double seconds = std::max(1e-9, std::chrono::duration<double>(Clock::now() - throughput_.since).count());
    const double loss = state_.loss_count > 0 ? state_.loss_sum / static_cast<double>(state_.loss_count) : std::nan("");
    const double rate = schedule_->rate(state_.update - 1, base_rate_);
    std::string text = fmt::format("update {:>7}  {:8.1f} examples/s  {:9.0f} tokens/s", state_.update,
                                   static_cast<double>(throughput_.examples) / seconds,
                                   static_cast<double>(throughput_.tokens) / seconds);
    if (peak_rate_ > 0) text += fmt::format("  MFU {:4.1f}%", 100 * throughput_.operations / seconds / peak_rate_);
    const double waited = std::chrono::duration<double>(throughput_.waited).count();
    if (waited > 0.01 * seconds) text += fmt::format("  waited {:.0f}% for data", 100 * waited / seconds);
    progress_.line(text + fmt::format("  loss {:.5f}  learning rate {:.4e}", loss, rate));
    nlohmann::ordered_json line = {{"update", state_.update}, {"epoch", state_.epoch}, {"learning_rate", rate}};
    line["loss"] = std::isfinite(loss) ? nlohmann::ordered_json(loss) : nlohmann::ordered_json(nullptr);
    metrics_->add(line);
    state_.loss_sum = 0;
    state_.loss_count = 0;
    throughput_ = {};
  }

  std::vector<TestResult> end_epoch() {
    ++state_.epoch;
    state_.update_in_epoch = 0;
    const auto begin = Clock::now();
    std::vector<TestResult> results = evaluator_.evaluate(*model_);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    nlohmann::ordered_json line = {{"update", state_.update}, {"epoch", state_.epoch}};
    for (const TestResult& result : results) line[result.name] = to_json(result);
    metrics_->add(line);
    progress_.line(fmt::format("epoch {} evaluated in {:.1f} s\n{}", state_.epoch, seconds, to_table(results)));

    for (const std::string& better : criteria_.record(results, state_)) {
      folder_.save_weights("best-" + better, *model_, state_);
    }
    if (settings_.save_periodic > 0 && state_.epoch % settings_.save_periodic == 0) {
      folder_.save_weights(fmt::format("epoch-{}", state_.epoch), *model_, state_);
    }
    if (criteria_.should_stop(state_)) {
      progress_.line(fmt::format("stopping: {} has not improved for {} epochs", settings_.stopping_criterion,
                                 state_.epochs_without_improvement));
      state_.finished = true;
    }
    if (state_.epoch == settings_.max_epoch) state_.finished = true;
    folder_.save(state_, *model_, *optimizer_);
    return results;
  }

  const Experiment& experiment_;
  const TrainingConfiguration& settings_;
  RunFolder folder_;
  Progress progress_;
  ExperimentData data_;
  torch::Device device_;
  torch::ScalarType precision_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Schedule> schedule_;
  Evaluator evaluator_;
  StoppingCriteria criteria_;
  std::vector<NamedTensor> parameters_;
  std::optional<BatchGradients> gradients_;
  std::unique_ptr<Optimizer> optimizer_;
  double base_rate_ = 0;
  std::int64_t updates_an_epoch_ = 0;
  TrainingState state_;
  Throughput throughput_;
  double peak_rate_ = 0;  ///< operations a second of matrix products; 0: not known
  std::optional<Metrics> metrics_;
};

/// Writes the resolved configuration into a new run folder; a folder of another experiment is refused.
void claim_folder(const Experiment& experiment, PluginLoader& loader, const RunFolder& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.path(), error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", folder.path().string(), error.message()));
  const std::string resolved = resolved_toml(experiment, loader);
  std::ifstream existing(folder.config(), std::ios::binary);
  if (!existing) {
    write_atomically(folder.config(), resolved);
    return;
  }
  std::ostringstream text;
  text << existing.rdbuf();
  const std::string difference = continuation_conflict(text.str(), resolved);
  if (!difference.empty()) {
    throw Error(
        fmt::format("{}: this folder holds a run of another experiment ({}); name another folder with --run, or "
                    "remove it",
                    folder.path().string(), difference));
  }
  write_atomically(folder.config(), resolved);
}

}  // namespace

ModelSetup model_setup(const Experiment& experiment, std::int64_t tokens) {
  ModelSetup setup;
  setup.tokens = tokens;
  setup.longest_source = experiment.data.max_len + 1;
  setup.longest_target = std::max(experiment.data.max_len + 1, experiment.evaluation.max_output_len + 2);
  return setup;
}

std::unique_ptr<Model> make_experiment_model(const Experiment& experiment, const ModelSetup& setup,
                                             PluginLoader& loader) {
  torch::manual_seed(experiment.data.seed);
  return make_model(loader, experiment.model.plugin, experiment.model.table, setup);
}

TrainingOutcome train(const Experiment& experiment, PluginLoader& loader, const std::filesystem::path& folder) {
  ExperimentData data = make_experiment_data(experiment, loader);
  require_examples(data);
  set_threads(experiment.training.threads);
  claim_folder(experiment, loader, RunFolder(folder));
  Trainer trainer(experiment, loader, std::move(data), folder);
  return trainer.run();
}

}  // namespace matseq
