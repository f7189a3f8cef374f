// Speed of making examples on one core: random numbers, encoders, and whole examples from draw to word ids.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/generated_examples.h"
#include "matseq/random_stream.h"
#include "plugins/plugin_loader.h"
#include "tokens/encoding_spec.h"
#include "tokens/sequence_codec.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

constexpr std::int64_t longest_sequence = 512;

PluginLoader& plugins() {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  return loader;
}

std::shared_ptr<const Encoder> make_encoder(const std::string& name) {
  const EncodingSpec spec = parse_encoding(name, "benchmark");
  return plugins().make_encoder(spec.plugin, spec.table);
}

void uniform_numbers(benchmark::State& state) {
  RandomStream random(random_key(1, "train"), 0);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(random.uniform(-10, 10));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(uniform_numbers);

void normal_numbers(benchmark::State& state) {
  RandomStream random(random_key(1, "train"), 0);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(random.normal(0, 1));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(normal_numbers);

/// Numbers a second.
void encode_numbers(benchmark::State& state, const std::string& encoding) {
  const std::shared_ptr<const Encoder> encoder = make_encoder(encoding);
  std::vector<double> values(25);
  RandomStream random(random_key(1, "train"), 0);
  for (double& value : values) value = random.uniform(-10, 10);
  std::vector<Symbol> symbols(values.size() * encoder->longest());
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(encoder->encode(values, symbols.data()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}
BENCHMARK_CAPTURE(encode_numbers, P10, "P10");
BENCHMARK_CAPTURE(encode_numbers, P1000, "P1000");
BENCHMARK_CAPTURE(encode_numbers, B1999, "B1999");
BENCHMARK_CAPTURE(encode_numbers, FP15, "FP15");

/// Examples a second, 5 x 5 in P1000.
void generate_examples(benchmark::State& state, const std::string& task_name, const std::string& signs) {
  ParameterTable table;
  table.where = "benchmark";
  table.prefix = "task";
  table.set("min_dimension", std::int64_t{5});
  table.set("max_dimension", std::int64_t{5});
  if (!signs.empty()) table.set("signs", signs);
  const std::shared_ptr<const Task> task = plugins().make_task(task_name, table);
  const std::shared_ptr<const Encoder> encoder = make_encoder("P1000");
  const Vocabulary vocabulary(*encoder, *encoder);
  const auto codec = std::make_shared<const SequenceCodec>(encoder, vocabulary);
  const GeneratedExamples examples(task, codec, codec, 1, "train", longest_sequence);
  SequencePair pair;
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) {
    examples.get(number++, pair);
    benchmark::DoNotOptimize(pair.target.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(generate_examples, transpose, "transpose", "");
BENCHMARK_CAPTURE(generate_examples, eigenvalues, "eigenvalues", "");
BENCHMARK_CAPTURE(generate_examples, eigenvectors_canonical, "eigenvectors", "canonical");
BENCHMARK_CAPTURE(generate_examples, invert_matrix, "invert_matrix", "");

}  // namespace
}  // namespace matseq

BENCHMARK_MAIN();
