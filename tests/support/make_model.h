// Makes model plugins the way the framework does, and batches for them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "matseq/model.h"
#include "matseq/torch.h"
#include "plugins/plugin_loader.h"
#include "training/plugin_factories.h"

namespace matseq::test {

using ParameterEntries = std::vector<std::pair<std::string, ParameterValue>>;

/// A model of this plugin with initial values of this seed.
inline std::unique_ptr<Model> make_model_of(const std::string& plugin, const ModelSetup& setup,
                                            const ParameterEntries& entries, std::uint64_t seed = 1) {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  ParameterTable table;
  table.where = "test.toml:1";
  table.prefix = "model";
  for (const auto& [name, value] : entries) table.set(name, value);
  torch::manual_seed(seed);
  return make_model(loader, plugin, table, setup);
}

inline std::unique_ptr<Model> make_transformer(const ModelSetup& setup, const ParameterEntries& entries,
                                               std::uint64_t seed = 1) {
  return make_model_of("transformer", setup, entries, seed);
}

struct PaddedSequences {
  torch::Tensor tokens;   // (batch, length) int64
  torch::Tensor lengths;  // (batch) int64
  bool padded = false;
};

/// Pads with 1.
inline PaddedSequences pad(const std::vector<std::vector<std::int64_t>>& sequences) {
  const auto batch = static_cast<std::int64_t>(sequences.size());
  std::size_t longest = 0;
  for (const auto& sequence : sequences) longest = std::max(longest, sequence.size());
  PaddedSequences result;
  result.tokens = torch::ones({batch, static_cast<std::int64_t>(longest)}, torch::kInt64);
  result.lengths = torch::empty({batch}, torch::kInt64);
  for (std::int64_t row = 0; row < batch; ++row) {
    const std::vector<std::int64_t>& sequence = sequences[static_cast<std::size_t>(row)];
    const auto length = static_cast<std::int64_t>(sequence.size());
    result.tokens[row].slice(0, 0, length).copy_(torch::tensor(sequence, torch::kInt64));
    result.lengths[row] = length;
    result.padded = result.padded || sequence.size() < longest;
  }
  return result;
}

inline SequenceBatch make_batch(const std::vector<std::vector<std::int64_t>>& sources,
                                const std::vector<std::vector<std::int64_t>>& targets) {
  const PaddedSequences source = pad(sources), target = pad(targets);
  return {source.tokens, source.lengths, target.tokens, target.lengths, source.padded, target.padded};
}

/// Starts decoding all sources of a batch.
inline std::unique_ptr<IncrementalDecoder> decode(Model& model, const SequenceBatch& batch, std::int64_t longest) {
  return model.encode(batch.source, batch.source_lengths)
      ->decode(torch::arange(batch.source.size(0), batch.source.options()), longest);
}

inline TeacherForcedScores score(Model& model, const SequenceBatch& batch) {
  return model.encode(batch.source, batch.source_lengths)->score(batch.target, batch.target_lengths);
}

/// Forwards what a model must have, so that everything else is done as it is by default.
class OnlyLogits : public Model {
 public:
  explicit OnlyLogits(Model& model) : model_(model) {}
  torch::nn::Module& module() override { return model_.module(); }
  torch::Tensor logits(const SequenceBatch& batch) override { return model_.logits(batch); }

 private:
  Model& model_;
};

}  // namespace matseq::test
