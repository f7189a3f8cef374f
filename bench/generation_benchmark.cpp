/// \file
/// Speed of making examples: random numbers, encoders, whole examples from draw to token ids, and batches of them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "benchmark_program.h"
#include "configuration/experiment.h"
#include "data/batch_pipeline.h"
#include "data/experiment_data.h"
#include "data/host_batch.h"
#include "encoders.h"
#include "experiments.h"
#include "make_task.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"
#include "threads/available_processors.h"

namespace matseq::bench {
namespace {

void uniform_numbers(benchmark::State& state) {
  RandomStream random(random_key(1, "train"), 0);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(random.uniform(-10, 10));
  report(state, "numbers", 1);
}

void normal_numbers(benchmark::State& state) {
  RandomStream random(random_key(1, "train"), 0);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(random.normal(0, 1));
  report(state, "numbers", 1);
}

void encode_numbers(benchmark::State& state, const std::string& encoding) {
  const std::shared_ptr<const Encoder> encoder = testing::encoder(encoding);
  std::vector<double> values(25);
  RandomStream random(random_key(1, "train"), 0);
  for (double& value : values) value = random.uniform(-10, 10);
  std::vector<Token> tokens(values.size() * encoder->longest());
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(encoder->encode(values, tokens.data()));
  report(state, "numbers", values.size());
}

void generate_examples(benchmark::State& state, const Experiment& experiment) {
  const ExperimentData data = make_experiment_data(experiment, test::plugins());
  SequencePair pair;
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) {
    data.training.examples->get(number++, pair);
    benchmark::DoNotOptimize(pair.target.data());
  }
  report(state, "examples", 1);
}

/// Pads examples that are there already.
void assemble_batch(benchmark::State& state, const Experiment& experiment) {
  const ExperimentData data = make_experiment_data(experiment, test::plugins());
  std::vector<SequencePair> examples(static_cast<std::size_t>(experiment.training.batch_size));
  for (std::size_t i = 0; i < examples.size(); ++i) data.training.examples->get(i, examples[i]);
  HostBatch batch(heap_memory());
  for ([[maybe_unused]] auto _ : state) {
    batch.assign(examples);
    benchmark::ClobberMemory();
  }
  report(state, "examples", examples.size());
}

/// Draws, encodes and pads, on so many threads.
void pipeline_batches(benchmark::State& state, const Experiment& experiment) {
  const ExperimentData data = make_experiment_data(experiment, test::plugins());
  PipelineOptions options;
  const auto batch_size = static_cast<std::size_t>(experiment.training.batch_size);
  options.plan = consecutive_batches(0, UINT64_MAX, batch_size);
  options.workers = static_cast<std::size_t>(state.range(0));
  BatchPipeline batches(data.training.examples, options);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(batches.next());
  report(state, "examples", batch_size);
}

/// Of every task, 5 x 5 in P1000; canonical signs, which do without LAPACK, are measured where a task has them.
void register_tasks() {
  const std::string rest = "min_dimension = 5\nmax_dimension = 5\n[encoding]\ninput = \"P1000\"\noutput = \"P1000\"\n";
  const auto add = [&](const std::string& name, const std::string& task, const std::vector<std::string>& overrides) {
    const std::string text = "[task]\nplugin = \"" + task + "\"\n" + rest;
    benchmark::RegisterBenchmark(("generate_examples/" + name).c_str(), generate_examples,
                                 read_experiment(parse_toml(text, "benchmark", overrides), "."));
  };
  const PluginLoader::Inventory inventory = test::plugins().inventory();
  if (!inventory.failures.empty()) throw Error(inventory.failures.front());
  bool found = false;
  for (const PluginLibrary& plugin : inventory.plugins) {
    if (plugin.kind != PluginKind::task) continue;
    found = true;
    add(plugin.name, plugin.name, {});
    const bool has_signs = std::ranges::find(plugin.schema, "signs", &Parameter::name) != plugin.schema.end();
    if (has_signs) add(plugin.name + "_canonical", plugin.name, {"task.signs=canonical"});
  }
  if (!found) throw Error("there is no task plugin in " MATSEQ_PLUGIN_DIR);
}

}  // namespace

void register_benchmarks() {
  benchmark::RegisterBenchmark("uniform_numbers", uniform_numbers);
  benchmark::RegisterBenchmark("normal_numbers", normal_numbers);
  for (const std::string encoding : {"P10", "P1000", "B1999", "FP15"}) {
    benchmark::RegisterBenchmark(("encode_numbers/" + encoding).c_str(), encode_numbers, encoding);
  }
  register_tasks();
  const std::int64_t cores = available_processors();
  for (const auto& [name, experiment] : measured_experiments()) {
    benchmark::RegisterBenchmark(("assemble_batch/" + name).c_str(), assemble_batch, experiment);
    benchmark::RegisterBenchmark(("pipeline_batches/" + name).c_str(), pipeline_batches, experiment)
        ->ArgName("workers")
        ->DenseRange(0, cores)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  }
}

}  // namespace matseq::bench
