#include "training/trainer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "device/device_batch.h"
#include "device/random_generators.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"
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

std::size_t micro_batches_for(const TrainingConfiguration& settings, const torch::Device& device, std::size_t ranks) {
  const std::int64_t examples = settings.batch_size * settings.accumulate_gradients;
  const std::size_t count = settings.micro_batches > 0 ? static_cast<std::size_t>(settings.micro_batches)
                                                       : default_micro_batches(examples, device);
  if (std::has_single_bit(ranks) && ranks <= count) return count;
  std::vector<std::size_t> accepted;
  for (std::size_t number = 1; number <= count; number *= 2) accepted.push_back(number);
  throw Error(
      fmt::format("{} ranks cannot share out the {} micro-batches of an update evenly; accepted are {} ranks, or more "
                  "micro-batches: 'training.micro_batches', a power of two, which is part of the experiment",
                  ranks, count, fmt::join(accepted, ", ")));
}

}  // namespace

Trainer::Trainer(const TrainingConfiguration& settings, TrainingParts parts,
                 const std::optional<TrainingState>& checkpoint)
    : settings_(settings),
      parts_(std::move(parts)),
      criteria_(settings.validation_metrics, settings.stopping_criterion),
      gradients_(parts_.model, parts_.parameters, parts_.device, parts_.precision,
                 static_cast<std::size_t>(torch::get_num_threads()), random_key(parts_.seed, "model draws"),
                 parts_.capture, [this](const std::string& text) { notify(&TrainingObserver::on_warning, text); }),
      updates_an_epoch_(
          std::max<std::int64_t>(1, (settings.epoch_size + examples_an_update() - 1) / examples_an_update())),
      micro_batches_(micro_batches_for(settings, parts_.device, parts_.ranks.size())),
      batches_an_update_(share_of_update(examples_an_update(), micro_batches_, settings.batch_size, parts_.ranks.rank(),
                                         parts_.ranks.size())),
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
  agree_to_stop();
  stop_if_requested();
  std::vector<TestResult> results = end_epoch();
  checkpoint();
  return results;
}

/// All ranks at the same place, or none.
void Trainer::stop_if_requested() const {
  if (parts_.ranks.size() > 1 ? stop_agreed_ : stop_requested_()) throw Stopped();
}

void Trainer::agree_to_stop() {
  if (parts_.ranks.size() == 1) return;
  const auto request = [this] { return std::vector<double>{stop_requested_() ? 1.0 : 0.0}; };
  stop_agreed_ = sum_in_step(parts_.ranks, 1, request)[0] > 0;
}

void Trainer::open_batches() {
  PipelineOptions options;
  options.plan = {UINT64_MAX, [this, first = static_cast<std::uint64_t>(state_.update)](std::uint64_t number) {
                    const std::uint64_t update = first + number / batches_an_update_.size();
                    const UpdateBatch& batch = batches_an_update_[number % batches_an_update_.size()];
                    return ExampleRange{update * static_cast<std::uint64_t>(examples_an_update()) +
                                            static_cast<std::uint64_t>(batch.row),
                                        static_cast<std::uint64_t>(batch.rows())};
                  }};
  options.workers = static_cast<std::size_t>(parts_.workers);
  options.memory = memory_for(parts_.device);
  batches_ = std::make_unique<BatchPipeline>(parts_.examples, options);
}

/// Forms the gradients of one update's examples, of all ranks, times `scale`. A stop in between, of any rank, leaves
/// everything as it was before, so that the update is done from its beginning when the training goes on.
Trainer::UpdateSums Trainer::form_gradients(double scale) {
  Communicator& ranks = parts_.ranks;
  UpdateSums sums;
  try {
    if (ranks.size() == 1) return add_gradients(scale);
    enum : std::size_t { loss, predicted, examples, tokens, stop, gradients };  // the last: one for each parameter
    const std::vector<double> totals = sum_in_step(ranks, gradients + parts_.parameters.size(), [&] {
      sums = add_gradients(scale);
      std::vector<double> own = {sums.loss.item<double>(), sums.predicted, sums.examples, sums.tokens,
                                 stop_requested_() ? 1.0 : 0.0};
      for (const NamedTensor& parameter : parts_.parameters) own.push_back(parameter.tensor.grad().defined() ? 1 : 0);
      return own;
    });
    sums.loss = torch::scalar_tensor(totals[loss], torch::kFloat64);
    sums.predicted = totals[predicted];
    sums.examples = totals[examples];
    sums.tokens = totals[tokens];
    stop_agreed_ = totals[stop] > 0;
    std::vector<torch::Tensor> shared;
    for (std::size_t i = 0; i < parts_.parameters.size(); ++i) {
      if (totals[gradients + i] == 0) continue;  // no rank has one
      const torch::Tensor& parameter = parts_.parameters[i].tensor;
      torch::Tensor& gradient = parameter.mutable_grad();
      gradient = gradient.defined() ? gradient.contiguous() : torch::zeros_like(parameter);
      shared.push_back(gradient);
    }
    ranks.add_up(shared);
    return sums;
  } catch (...) {
    reset_gradients();
    throw;
  }
}

/// Those of this rank's share.
Trainer::UpdateSums Trainer::add_gradients(double scale) {
  const std::size_t own = micro_batches_ / parts_.ranks.size();
  const std::shared_ptr<const void> packed_weights =
      gradients_.begin_update(static_cast<std::uint64_t>(state_.update) * micro_batches_ + parts_.ranks.rank() * own);
  UpdateSums sums;
  for (std::size_t i = 0; i < batches_an_update_.size(); ++i) {
    if (i > 0 && stop_requested_()) throw Stopped();
    const HostBatch* batch = next_batch(sums);
    SequenceBatch tensors = to_device(*batch, parts_.device);
    tensors.label_smoothing = settings_.label_smoothing;
    const torch::Tensor loss = gradients_.add(tensors, scale, batches_an_update_[i].cut);
    sums.loss = sums.loss.defined() ? sums.loss + loss : loss;
    if (i + 1 < batches_an_update_.size()) loss.item<double>();  // the batch's memory will be used again
  }
  return sums;
}

void Trainer::reset_gradients() const {
  for (const NamedTensor& parameter : parts_.parameters) parameter.tensor.mutable_grad().reset();
}

/// One update of the parameters.
void Trainer::update() {
  const bool scaled = parts_.precision == torch::kFloat16;
  // How many tokens there are to be predicted is known afterwards only. A power of two until then: it changes no bit of
  // the gradients, and keeps them about as large as those of a mean.
  const double scale = std::exp2(-std::ceil(std::log2(static_cast<double>(8 * examples_an_update())))) *
                       (scaled ? state_.loss_scale : 1);
  const UpdateSums sums = form_gradients(scale);
  saved_ = false;
  data_.add(sums.data);
  throughput_.examples += static_cast<std::int64_t>(sums.examples);
  throughput_.tokens += static_cast<std::int64_t>(sums.tokens);
  throughput_.operations += sums.operations;
  const torch::NoGradGuard no_gradients;
  // The device is waited for once.
  const torch::Tensor figures =
      torch::stack({sums.loss, gradient_norm(parts_.parameters).to(sums.loss.options())}).cpu();
  const double to_mean = 1 / (sums.predicted * scale);
  const double loss = figures[0].item<double>() / sums.predicted, norm = figures[1].item<double>() * to_mean;
  const bool finite = std::isfinite(loss) && std::isfinite(norm);
  if (finite) {
    const bool clipped = settings_.clip_grad_norm > 0 && norm > settings_.clip_grad_norm;
    scale_gradients(parts_.parameters, clipped ? to_mean * settings_.clip_grad_norm / (norm + 1e-6) : to_mean);
    // Whatever an optimizer draws depends on the update only. No data set's name has a blank: its numbers are others.
    const auto update = static_cast<std::uint64_t>(state_.update);
    seed_generators(parts_.device, RandomStream(random_key(parts_.seed, "optimizer draws"), update).bits());
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
const HostBatch* Trainer::next_batch(UpdateSums& sums) {
  const auto begin = Clock::now();
  const HostBatch* batch = batches_->next();
  throughput_.waited += Clock::now() - begin;
  sums.data.add(batch->counts());
  sums.predicted += predicted_tokens(*batch);
  const PaddedSequences &source = batch->source(), &target = batch->target();
  sums.examples += static_cast<double>(source.sequences);
  sums.tokens += static_cast<double>(source.total + target.total);
  for (std::size_t row = 0; row < source.sequences; ++row) {
    sums.operations += 3 * parts_.model.operations(source.lengths.get()[row], target.lengths.get()[row]);
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

/// What all ranks have drawn goes into the state.
void Trainer::add_up_data() {
  for (const std::string& counts : gather_in_step(parts_.ranks, [this] { return to_json(data_).dump(); })) {
    state_.data.add(example_counts_from_json(nlohmann::json::parse(counts)));
  }
  data_ = {};
}

void Trainer::checkpoint() {
  if (saved_) return;
  add_up_data();
  do_on_first(parts_.ranks, [this] { notify(&TrainingObserver::on_checkpoint, state_); });
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
