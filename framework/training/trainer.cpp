#include "training/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "device/device_batch.h"
#include "matseq/error.h"
#include "threads/stop_request.h"
#include "training/gradient_norm.h"
#include "training/loss_scale.h"
#include "training/micro_batches.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;

/// Tokens that count in the loss: every target token after the first 0.
double predicted_tokens(const HostBatch& batch) {
  return static_cast<double>(batch.target().total - batch.target().sequences);
}

}  // namespace

Trainer::Trainer(const TrainingConfiguration& settings, TrainingParts parts,
                 const std::optional<TrainingState>& checkpoint)
    : settings_(settings),
      parts_(std::move(parts)),
      criteria_(settings.validation_metrics, settings.stopping_criterion),
      gradients_(parts_.model, parts_.parameters, parts_.device, parts_.precision,
                 static_cast<std::size_t>(torch::get_num_threads()), parts_.capture,
                 [this](const std::string& text) { notify(&TrainingObserver::on_warning, text); }),
      updates_an_epoch_(
          std::max<std::int64_t>(1, (settings.epoch_size + examples_an_update() - 1) / examples_an_update())),
      micro_batches_(settings.micro_batches > 0 ? static_cast<std::size_t>(settings.micro_batches)
                                                : default_micro_batches(examples_an_update(), parts_.device)),
      state_(checkpoint.value_or(TrainingState())),
      saved_(checkpoint.has_value()) {}

TrainingOutcome Trainer::run(const std::function<bool()>& stop_requested) {
  stop_requested_ = stop_requested;
  notify(&TrainingObserver::on_begin,
         BeginReport{state_, updates_an_epoch_, settings_.max_epoch * updates_an_epoch_ - state_.update});
  checkpoint();  // whatever keeps a new run from being saved shows now, not after an hour
  open_batches();
  TrainingOutcome outcome;
  try {
    while (!finished()) outcome.results = train_epoch();
  } catch (const Stopped&) {
    checkpoint();
    notify(&TrainingObserver::on_end, state_, TrainingEnd::interrupted);
    outcome.interrupted = true;
    return outcome;
  }
  notify(&TrainingObserver::on_end, state_,
         criteria_.should_stop(state_) ? TrainingEnd::no_better : TrainingEnd::last_epoch);
  return outcome;
}

std::vector<TestResult> Trainer::train_epoch() {
  parts_.model.module().train();
  throughput_ = {};
  while (state_.update_in_epoch < updates_an_epoch_) {
    stop_if_requested();
    update();
    if (settings_.save_every > 0 && state_.update % settings_.save_every == 0) checkpoint();
  }
  // An evaluation may take long: what dies or is stopped in it goes on by repeating it.
  checkpoint();
  stop_if_requested();
  std::vector<TestResult> results = end_epoch();
  checkpoint();
  return results;
}

void Trainer::stop_if_requested() const {
  if (stop_requested_()) throw Stopped();
}

void Trainer::open_batches() {
  PipelineOptions options;
  options.first_example = static_cast<std::uint64_t>(state_.update * examples_an_update());
  options.batch_size = static_cast<std::size_t>(settings_.batch_size);
  options.workers = static_cast<std::size_t>(parts_.workers);
  options.memory = memory_for(parts_.device);
  batches_ = std::make_unique<BatchPipeline>(parts_.examples, options);
}

/// Forms the gradients of one update from `accumulate_gradients` batches. A stop in between leaves everything as it was
/// before, so that the update is done from its beginning when the training goes on.
Trainer::LossSum Trainer::form_gradients(bool scaled) {
  torch::Generator generator = at::globalContext().defaultGenerator(parts_.device);
  const torch::Tensor generator_before = generator.get_state();
  try {
    return add_gradients(scaled);
  } catch (const Stopped&) {
    reset_gradients();
    generator.set_state(generator_before);
    throw;
  }
}

Trainer::LossSum Trainer::add_gradients(bool scaled) {
  const std::shared_ptr<const void> packed_weights = gradients_.pack_weights();
  LossSum sum;
  // How many tokens there are to be predicted is known afterwards only. A power of two until then: it changes no bit of
  // the gradients, and keeps them about as large as those of a mean.
  sum.scale = std::exp2(-std::ceil(std::log2(static_cast<double>(8 * examples_an_update())))) *
              (scaled ? state_.loss_scale : 1);
  for (std::int64_t i = 0; i < settings_.accumulate_gradients; ++i) {
    if (i > 0) stop_if_requested();
    const HostBatch* batch = next_batch();
    sum.predicted += predicted_tokens(*batch);
    const MicroBatches cut =
        cut_batch(i * settings_.batch_size, settings_.batch_size, examples_an_update(), micro_batches_);
    const torch::Tensor loss = gradients_.add(to_device(*batch, parts_.device), sum.scale, cut);
    sum.loss = sum.loss.defined() ? sum.loss + loss : loss;
    if (i + 1 < settings_.accumulate_gradients) loss.item<double>();  // the batch's memory will be used again
  }
  return sum;
}

void Trainer::reset_gradients() const {
  for (const NamedTensor& parameter : parts_.parameters) parameter.tensor.mutable_grad().reset();
}

/// One update of the parameters.
void Trainer::update() {
  const bool scaled = parts_.precision == torch::kFloat16;
  const LossSum sum = form_gradients(scaled);
  saved_ = false;
  const torch::NoGradGuard no_gradients;
  // The device is waited for once.
  const torch::Tensor figures = torch::stack({sum.loss, gradient_norm(parts_.parameters).to(sum.loss.options())}).cpu();
  const double to_mean = 1 / (sum.predicted * sum.scale);
  const double loss = figures[0].item<double>() / sum.predicted, norm = figures[1].item<double>() * to_mean;
  const bool finite = std::isfinite(loss) && std::isfinite(norm);
  if (finite) {
    const bool clipped = settings_.clip_grad_norm > 0 && norm > settings_.clip_grad_norm;
    scale_gradients(parts_.parameters, clipped ? to_mean * settings_.clip_grad_norm / (norm + 1e-6) : to_mean);
    parts_.optimizer.step(parts_.schedule.rate(state_.update, parts_.base_rate));
    state_.skipped = 0;
    state_.loss_sum += loss;
    ++state_.loss_count;
  }
  reset_gradients();
  ++state_.update;
  ++state_.update_in_epoch;
  const bool overflow = scaled && adjust_loss_scale(state_, loss, norm);
  if (!finite && !overflow) skip(loss, norm);
  if (state_.update % settings_.log_every == 0) report_progress();
  notify(&TrainingObserver::on_update, UpdateReport{state_, updates_an_epoch_});
}

/// Counts it for the log and the metrics.
const HostBatch* Trainer::next_batch() {
  const auto begin = Clock::now();
  const HostBatch* batch = batches_->next();
  throughput_.waited += Clock::now() - begin;
  state_.data.add(batch->counts());
  const PaddedSequences &source = batch->source(), &target = batch->target();
  throughput_.examples += static_cast<std::int64_t>(source.sequences);
  throughput_.tokens += static_cast<std::int64_t>(source.total + target.total);
  for (std::size_t row = 0; row < source.sequences; ++row) {
    throughput_.operations += 3 * parts_.model.operations(source.lengths.get()[row], target.lengths.get()[row]);
  }
  return batch;
}

void Trainer::skip(double loss, double norm) {
  ++state_.skipped;
  const auto examples = static_cast<std::uint64_t>(examples_an_update());
  notify(&TrainingObserver::on_skip,
         SkipReport{state_, loss, norm, static_cast<std::uint64_t>(state_.update) * examples - examples, examples});
  if (state_.skipped <= settings_.max_skipped) return;
  throw Error(
      fmt::format("training stopped at update {}: the loss or its gradient was not finite in {} updates in a row "
                  "(loss {}, gradient norm {}; training.max_skipped = {}). A lower optimizer.learning_rate, a longer "
                  "warm-up or training.precision = \"float32\" may help; the last checkpoint is untouched",
                  state_.update, state_.skipped, loss, norm, settings_.max_skipped));
}

void Trainer::report_progress() {
  const double loss = state_.loss_count > 0 ? state_.loss_sum / static_cast<double>(state_.loss_count) : std::nan("");
  const double rate = parts_.schedule.rate(state_.update - 1, parts_.base_rate);
  notify(&TrainingObserver::on_progress, ProgressReport{state_, loss, rate, throughput_});
  state_.loss_sum = 0;
  state_.loss_count = 0;
  throughput_ = {};
}

void Trainer::checkpoint() {
  if (saved_) return;
  notify(&TrainingObserver::on_checkpoint, state_);
  saved_ = true;
}

std::vector<TestResult> Trainer::end_epoch() {
  const auto begin = Clock::now();
  std::vector<TestResult> results = parts_.evaluate(parts_.model);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  saved_ = false;
  ++state_.epoch;
  state_.update_in_epoch = 0;
  const Verdict verdict = criteria_.record(results, state_);
  notify(&TrainingObserver::on_epoch, EpochReport{state_, results, verdict, seconds});
  return results;
}

}  // namespace matseq
