/// \file
/// The interface of a sequence-to-sequence model.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "matseq/plugin.h"
#include "matseq/torch.h"

namespace matseq {

/// What the framework tells a model about the experiment.
struct ModelSetup {
  std::int64_t tokens = 0;          ///< size of the joint vocabulary
  std::int64_t longest_source = 0;  ///< most tokens of an input sequence, both boundary tokens included
  std::int64_t longest_target = 0;  ///< most tokens of a target or hypothesis, both boundary tokens included
};

/// A batch of padded sequences on the model's device. A sequence is 0, its tokens, 0, then padding with 1.
struct SequenceBatch {
  torch::Tensor source;          ///< (batch, source length) int64
  torch::Tensor source_lengths;  ///< (batch) int64, boundary tokens included
  torch::Tensor target;          ///< (batch, target length) int64
  torch::Tensor target_lengths;  ///< (batch) int64, boundary tokens included
  bool source_padded = true;     ///< false: every source has full length, so no mask is needed
  bool target_padded = true;     ///< likewise
};

/// How well a model foretells each target of a batch when it reads the true tokens; one value an example.
struct TeacherForcedScores {
  std::vector<double> cross_entropy;  ///< summed over the target tokens after the first 0, the final 0 included
  std::vector<bool> perfect;          ///< every one of these tokens is the likeliest, of equals the first
};

/// Decodes a batch of sources token by token, with whatever it caches.
class MATSEQ_API Decoding {
 public:
  Decoding() = default;
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;
  virtual ~Decoding();

  /// Takes each row's next token, (rows) int64 on the device, beginning with the leading 0; returns the logits of the
  /// token after it, (rows, tokens) float32. Rows are the batch's sources at first.
  virtual torch::Tensor step(const torch::Tensor& tokens) = 0;

  /// The likeliest token after it instead, of equals the first, (rows) int64 on the device. By default from `step`.
  virtual torch::Tensor likeliest(const torch::Tensor& tokens);

  /// Row i becomes a copy of the former row `rows[i]`, (new rows) int64 on the device: reorders beams, repeats or drops
  /// sentences.
  virtual void select(const torch::Tensor& rows) = 0;
};

/// The scores of target[:, 1:] by its logits, (batch, target length - 1, tokens), which are not looked at in padding.
MATSEQ_API TeacherForcedScores score_logits(const torch::Tensor& logits, const torch::Tensor& target,
                                            const torch::Tensor& target_lengths);

/// Sources that a model has read: what it has computed of them serves to score the truth and to decode.
class MATSEQ_API Reading {
 public:
  Reading() = default;
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  virtual ~Reading();

  /// As `Model::score`: `target` is (sources, target length), `target_lengths` (sources).
  virtual TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) = 0;

  /// As `Model::decode`, of the sources `rows`, (rows) int64 on the device. The result may outlive this.
  virtual std::unique_ptr<Decoding> decode(const torch::Tensor& rows, std::int64_t longest) = 0;
};

/// A sequence-to-sequence model. `module()` holds its parameters; a parameter's name there is its name in
/// the checkpoint ("encoder.layers.0.ffn.lin1.weight").
class MATSEQ_API Model {
 public:
  using Interface = Model;
  static constexpr PluginKind plugin_kind = PluginKind::model;
  static constexpr const char* toolchain = MATSEQ_TORCH_TOOLCHAIN;

  /// A model's constructor takes `(const Parameters&, const ModelSetup&)` and draws initial values from LibTorch's
  /// default generator, which the framework has seeded, on the CPU in float32.
  using Factory = Model* (*)(const Parameters&, const ModelSetup&);
  template <typename Class>
  static Model* make(const Parameters& parameters, const ModelSetup& setup) {
    return new Class(parameters, setup);
  }

  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model();

  /// Parameters, frozen tables (as buffers) and the training switch; `module().to(device)` moves the model.
  virtual torch::nn::Module& module() = 0;

  /// Teacher forcing: the logits of target[:, 1:], (batch, target length - 1, tokens); unspecified at padding.
  virtual torch::Tensor logits(const SequenceBatch& batch) = 0;

  /// Mean cross-entropy over all target tokens after the first 0, the final 0 included: a 0-dimensional float32 tensor
  /// with gradients. By default from `logits`; a model may do it with less memory.
  virtual torch::Tensor loss(const SequenceBatch& batch);

  /// Scores the truth token by token (spec section 7, item 1). By default from `logits`, with one wait for the device;
  /// a model may do it with less memory.
  virtual TeacherForcedScores score(const SequenceBatch& batch);

  /// Floating-point operations of the matrix products of a forward pass over one example, a multiplication and an
  /// addition being two; lengths include both boundary tokens. 0, the default, if that is not known. An update needs
  /// three times as many.
  virtual double operations(std::int64_t source_length, std::int64_t target_length) const;

  /// True when, trained or evaluated as `module().is_training()` says, several threads may call the functions of this
  /// class at once, and what one gets does not depend on the others: no state that changes, and no random numbers, such
  /// as a dropout's. Batches are then shared out among the threads of a CPU.
  virtual bool concurrent() const { return false; }

  /// Starts decoding these sources; at most `longest` tokens will be taken from each row.
  /// The result must not outlive the model.
  virtual std::unique_ptr<Decoding> decode(const torch::Tensor& source, const torch::Tensor& source_lengths,
                                           std::int64_t longest) = 0;

  /// Reads sources in order to score and decode them, without recording gradients. By default `score` and `decode` do
  /// all the work each; a model with an encoder can run it once. The result must not outlive the model.
  virtual std::unique_ptr<Reading> read(const torch::Tensor& source, const torch::Tensor& source_lengths);

  /// The encoder's output, (batch, source length, encoder width), zero at padding: for study and tests. Throws Error
  /// by default, as not every model has an encoder.
  virtual torch::Tensor encode(const torch::Tensor& source, const torch::Tensor& source_lengths);
};

}  // namespace matseq
