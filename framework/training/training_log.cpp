#include "training/training_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "device/peak_rate.h"

namespace matseq {

TrainingLog::TrainingLog(Progress& progress, const TrainingConfiguration& settings, std::string folder,
                         const Model& model, torch::Device device, torch::ScalarType precision, DataLimits limits)
    : progress_(progress),
      settings_(settings),
      folder_(std::move(folder)),
      model_(model),
      device_(device),
      precision_(precision),
      limits_(limits) {}

void TrainingLog::on_begin(const BeginReport& report) {
  if (report.updates_left >= settings_.log_every && model_.operations(1, 2) != 0) find_peak_rate();
  if (report.state.update > 0) {
    progress_.line(fmt::format("continuing at update {}, epoch {}", report.state.update, report.state.epoch));
  }
}

/// For the log's model FLOPs utilisation.
void TrainingLog::find_peak_rate() {
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

void TrainingLog::on_update(const UpdateReport& report) {
  const TrainingState& state = report.state;
  if (state.loss_count == 0) return;
  progress_.bar(state.epoch, state.update_in_epoch, report.updates_an_epoch,
                state.loss_sum / static_cast<double>(state.loss_count));
}

void TrainingLog::on_skip(const SkipReport& report) {
  progress_.warning(fmt::format("update {} was skipped: loss {}, gradient norm {}", report.state.update, report.loss,
                                report.gradient_norm));
}

void TrainingLog::on_warning(const std::string& text) { progress_.warning(text); }

void TrainingLog::on_progress(const ProgressReport& report) {
  const Throughput& done = report.throughput;
  const double seconds =
      std::max(1e-9, std::chrono::duration<double>(std::chrono::steady_clock::now() - done.since).count());
  std::string text =
      fmt::format("update {:>7}  {:8.1f} examples/s  {:9.0f} tokens/s", report.state.update,
                  static_cast<double>(done.examples) / seconds, static_cast<double>(done.tokens) / seconds);
  if (peak_rate_ > 0) text += fmt::format("  MFU {:4.1f}%", 100 * done.operations / seconds / peak_rate_);
  const double waited = std::chrono::duration<double>(done.waited).count();
  if (waited > 0.01 * seconds) text += fmt::format("  waited {:.0f}% for data", 100 * waited / seconds);
  progress_.line(text + fmt::format("  loss {:.5f}  learning rate {:.4e}", report.loss, report.learning_rate));
}

void TrainingLog::on_epoch(const EpochReport& report) {
  progress_.line(
      fmt::format("epoch {} evaluated in {:.1f} s\n{}", report.state.epoch, report.seconds, to_table(report.results)));
  for (const std::string& metric : report.verdict.not_finite) {
    progress_.warning(fmt::format("{} is not finite: no best model is judged by it", metric));
  }
  const auto warn = [this](const std::string& set, const ExampleCounts& counts) {
    for (const std::string& remark : data_remarks(set, counts, limits_)) progress_.warning(remark);
  };
  warn("train", report.state.data);
  for (const TestResult& result : report.results) warn(result.name, result.data);
}

void TrainingLog::on_end(const TrainingState& state, TrainingEnd end) {
  if (end == TrainingEnd::no_better) {
    progress_.line(fmt::format("stopping: {} has not improved for {} epochs", settings_.stopping_criterion,
                               state.epochs_without_improvement));
  }
  if (end == TrainingEnd::interrupted) {
    progress_.line(
        fmt::format("interrupted at update {}: saved; `matseq train` on {} continues", state.update, folder_));
  }
}

}  // namespace matseq
