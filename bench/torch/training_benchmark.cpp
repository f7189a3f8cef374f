/// \file
/// Speed of what training and evaluation do with a batch: losses, gradients, optimizer steps, scores, decoding.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmark_program.h"
#include "data/batch_pipeline.h"
#include "data/experiment_data.h"
#include "decoding/evaluation_mode.h"
#include "decoding/greedy.h"
#include "device/autocast.h"
#include "device/device.h"
#include "device/device_batch.h"
#include "device/single_threaded.h"
#include "evaluation/teacher_forcing.h"
#include "experiments.h"
#include "make_model.h"
#include "make_task.h"
#include "run/tensors/model_tensors.h"
#include "threads/available_processors.h"
#include "threads/thread_team.h"
#include "tokens/vocabulary.h"
#include "training/batch_gradients.h"
#include "training/experiment_model.h"
#include "training/gradient_norm.h"
#include "training/parameter_roles.h"
#include "training/plugin_factories.h"

namespace matseq::bench {
namespace {

/// An experiment's untrained model and first batch, made as the trainer makes them, and threads to share it out among.
struct Workbench {
  Workbench(const Experiment& experiment, std::int64_t threads)
      : device(choose_device(experiment.training.device)),
        precision(choose_precision(experiment.training.precision)),
        data(make_experiment_data(experiment, test::plugins())),
        batches(data.training.examples,
                {.plan = consecutive_batches(0, UINT64_MAX, static_cast<std::uint64_t>(experiment.training.batch_size)),
                 .workers = 0,
                 .memory = memory_for(device)}),
        batch(to_device(*batches.next(), device)),
        model(make_experiment_model(
            experiment, model_setup(experiment, static_cast<std::int64_t>(data.vocabulary->size())), test::plugins())),
        team(static_cast<std::size_t>(threads), single_threaded_operations) {
    set_threads(threads);
    model->module().to(device);
    parameters = trained_parameters(*model);
  }

  std::int64_t examples() const { return batch.target.size(0); }

  /// Calls `work` with each thread's rows of the batch.
  template <typename Work>
  void share_out(const Work& work) {
    const auto members = static_cast<std::int64_t>(team.size());
    team.run([&](std::size_t member) {
      const auto number = static_cast<std::int64_t>(member);
      const Autocast autocast(device, precision);
      work(rows_of(batch, examples() * number / members, examples() * (number + 1) / members));
    });
  }

  /// Until the device has done all that it was asked for.
  void wait() const {
    if (device.is_cuda()) torch::cuda::synchronize();
  }

  /// Times `work`, which does so many `things`. It is done once before, so that memory is at hand.
  template <typename Work>
  void measure(benchmark::State& state, const std::string& things, std::int64_t count, const Work& work) const {
    work();
    wait();
    for ([[maybe_unused]] auto _ : state) {
      work();
      wait();
    }
    report(state, things, static_cast<std::size_t>(count));
  }

  torch::Device device;
  torch::ScalarType precision;
  ExperimentData data;
  BatchPipeline batches;  ///< on a CPU, its memory is the batch's
  SequenceBatch batch;
  std::unique_ptr<Model> model;
  ThreadTeam team;
  std::vector<NamedTensor> parameters;
};

/// Forward only, but recording for a backward that does not come.
void loss(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  bench.measure(state, "examples", bench.examples(), [&] {
    bench.share_out([&](const SequenceBatch& rows) { benchmark::DoNotOptimize(total(bench.model->loss(rows))); });
  });
}

/// Forward and backward; on several threads, the sum of their gradients, too.
void loss_and_gradients(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  BatchGradients gradients(*bench.model, bench.parameters, bench.device, bench.precision, bench.team.size());
  bench.measure(state, "examples", bench.examples(), [&] {
    gradients.add(bench.batch, 1, MicroBatches::whole(bench.batch));
    for (const NamedTensor& parameter : bench.parameters) parameter.tensor.mutable_grad().reset();
  });
}

/// Times something that is done with the gradients of a batch, once an update.
template <typename Work>
void measure_with_gradients(benchmark::State& state, Workbench& bench, const Work& work) {
  BatchGradients(*bench.model, bench.parameters, bench.device, bench.precision, bench.team.size())
      .add(bench.batch, 1, MicroBatches::whole(bench.batch));
  std::int64_t numbers = 0;
  for (const NamedTensor& parameter : bench.parameters) numbers += parameter.tensor.numel();
  const torch::NoGradGuard no_gradients;
  bench.measure(state, "parameters", numbers, work);
}

void norm_of_gradients(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  measure_with_gradients(state, bench, [&] { gradient_norm(bench.parameters).item<double>(); });
}

void optimizer_step(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  const std::unique_ptr<Optimizer> optimizer =
      make_optimizer(test::plugins(), experiment.optimizer.plugin, experiment.optimizer.table,
                     parameters_to_train(*bench.model, static_cast<std::int64_t>(bench.data.vocabulary->size())));
  measure_with_gradients(state, bench, [&] { optimizer->step(1e-4); });
}

void teacher_forcing(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  const EvaluationMode evaluation_mode(*bench.model);
  bench.measure(state, "examples", bench.examples(),
                [&] { bench.share_out([&](const SequenceBatch& rows) { score_teacher_forced(*bench.model, rows); }); });
}

/// An untrained model ends its sentences at once: this one never does.
void forbid_ending(const std::vector<NamedTensor>& parameters) {
  const torch::NoGradGuard no_gradients;
  for (const NamedTensor& parameter : parameters) {
    if (parameter.name == "decoder.proj.bias") parameter.tensor[Vocabulary::boundary] = -1e9;
  }
}

/// Hypotheses as long as the batch's longest target; `tokens` is their mean length.
void greedy_decoding(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  forbid_ending(bench.parameters);
  const EvaluationMode evaluation_mode(*bench.model);
  const DecodingOptions options{.max_output_length = bench.batch.target.size(1) - 1};
  std::atomic<std::size_t> tokens = 0;
  bench.measure(state, "examples", bench.examples(), [&] {
    tokens = 0;
    bench.share_out([&](const SequenceBatch& rows) {
      for (const TokenSequence& sentence : decode_greedy(*bench.model, rows.source, rows.source_lengths, options)) {
        tokens += sentence.size();
      }
    });
  });
  state.counters["tokens"] = static_cast<double>(tokens) / static_cast<double>(bench.examples());
}

/// One token of every row, the mean over the places in the targets, without the encoder; threads are LibTorch's own.
void decoding_step(benchmark::State& state, const Experiment& experiment) {
  Workbench bench(experiment, state.range(0));
  const EvaluationMode evaluation_mode(*bench.model);
  const torch::Tensor tokens = bench.batch.target.t().contiguous();
  const std::int64_t steps = tokens.size(0) - 1;
  std::unique_ptr<IncrementalDecoder> decoder;
  std::int64_t step = steps;
  for ([[maybe_unused]] auto _ : state) {
    if (step == steps) {
      state.PauseTiming();
      decoder = test::decode(*bench.model, bench.batch, steps);
      bench.wait();
      step = 0;
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(decoder->step(tokens[step++]));
    bench.wait();
  }
  report(state, "tokens", static_cast<std::size_t>(bench.examples()));
}

}  // namespace

void register_benchmarks() {
  const struct {
    const char* name;
    void (*function)(benchmark::State&, const Experiment&);
  } measured[] = {{"loss", loss},
                  {"loss_and_gradients", loss_and_gradients},
                  {"norm_of_gradients", norm_of_gradients},
                  {"optimizer_step", optimizer_step},
                  {"teacher_forcing", teacher_forcing},
                  {"greedy_decoding", greedy_decoding},
                  {"decoding_step", decoding_step}};
  const std::int64_t cores = available_processors();
  for (const auto& [name, experiment] : measured_experiments()) {
    const Workbench bench(experiment, 1);  // now is the time to find that a plugin is missing
    const bool several = cores > 1 && bench.device.is_cpu() && bench.model->traits().concurrent;
    for (const auto& [work, function] : measured) {
      benchmark::internal::Benchmark* added =
          benchmark::RegisterBenchmark((work + ("/" + name)).c_str(), function, experiment);
      added->ArgName("threads")->Arg(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
      if (several) added->Arg(cores);
    }
  }
}

}  // namespace matseq::bench
