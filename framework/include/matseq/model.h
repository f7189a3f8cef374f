/// \file
/// The interface of a sequence-to-sequence model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "matseq/parameter_role.h"
#include "matseq/plugin.h"
#include "matseq/tensor.h"

namespace torch::nn {
class Module;  // of torch/nn/module.h, which a model includes
}

namespace matseq {

/// What the framework tells a model about the experiment.
struct ModelSetup {
  std::int64_t vocabulary_size = 0;  ///< tokens of the joint vocabulary
  std::int64_t longest_source = 0;   ///< most tokens of an input sequence, both boundary tokens included
  std::int64_t longest_target = 0;   ///< most tokens of a target or hypothesis, both boundary tokens included
};

/// A batch of padded sequences on the model's device. A sequence is 0, its tokens, 0, then padding with 1.
struct SequenceBatch {
  at::Tensor source;          ///< (batch, source length) int64
  at::Tensor source_lengths;  ///< (batch) int64, boundary tokens included
  at::Tensor target;          ///< (batch, target length) int64
  at::Tensor target_lengths;  ///< (batch) int64, boundary tokens included
  bool source_padded = true;  ///< false: every source has full length, so no mask is needed
  bool target_padded = true;  ///< likewise
  /// Share of a target token's probability that the loss spreads evenly over all tokens, its own among them: label
  /// smoothing (Szegedy et al., 2016), in [0, 1).
  double label_smoothing = 0;
};

/// How a batch is cut into the micro-batches of its update. There are 2^k in an update, numbered in the order of the
/// examples. The gradient of each is formed the same way whoever forms it, and they are added in one binary tree: in
/// pairs of neighbours, then in pairs of these. So threads, processes and batches change no bit of the sum.
struct MicroBatches {
  std::vector<std::int64_t> begins;  ///< the row at which each begins, and where the last one ends
  std::size_t first = 0;             ///< the number of the first one
  std::size_t of_update = 1;         ///< how many all batches of the update have, a power of two
  bool continued = false;            ///< the first one began in the batch before
  bool open = false;                 ///< the last one goes on in the batch after

  std::size_t count() const { return begins.size() - 1; }
  /// The batch as the one micro-batch of its update.
  static MicroBatches whole(const SequenceBatch& batch) { return {.begins = {0, batch.target.size(0)}}; }
};

/// What training makes small, summed over a batch: 0-dimensional tensors. The framework divides the sums by the
/// number of predicted tokens, which are those of the targets after the first 0, the final 0 included, of all batches
/// of an update.
struct Loss {
  at::Tensor cross_entropy;  ///< of the targets, smoothed as the batch says, summed over the predicted tokens
  at::Tensor auxiliary;      ///< perhaps: what is added to it, such as the ponder cost of adaptive computation
};

/// The sum of both.
inline at::Tensor total(const Loss& loss) {
  return loss.auxiliary.defined() ? loss.cross_entropy.add(loss.auxiliary) : loss.cross_entropy;
}

/// How well a model foretells each target of a batch when it reads the true tokens; one value an example.
struct TeacherForcedScores {
  std::vector<double> cross_entropy;  ///< summed over the target tokens after the first 0, the final 0 included
  std::vector<bool> perfect;          ///< every one of these tokens is the likeliest, of equals the first
};

/// Decodes sources token by token, with whatever it caches.
class MATSEQ_API IncrementalDecoder {
 public:
  IncrementalDecoder() = default;
  IncrementalDecoder(const IncrementalDecoder&) = delete;
  IncrementalDecoder& operator=(const IncrementalDecoder&) = delete;
  virtual ~IncrementalDecoder();

  /// Takes each row's next token, (rows) int64 on the device, beginning with the leading 0; returns the logits of the
  /// token after it, (rows, vocabulary size) float32. Rows are the sources at first.
  virtual at::Tensor step(const at::Tensor& tokens) = 0;

  /// The likeliest token after it instead, of equals the first, (rows) int64 on the device. By default from `step`.
  virtual at::Tensor likeliest(const at::Tensor& tokens);

  /// Row i becomes a copy of the former row `rows[i]`, (new rows) int64 on the device: reorders beams, repeats or drops
  /// sentences.
  virtual void select(const at::Tensor& rows) = 0;
};

/// Sources that a model has encoded: what it has computed of them serves to score the truth and to decode. Gradients
/// are not recorded.
class MATSEQ_API EncodedSource {
 public:
  EncodedSource() = default;
  EncodedSource(const EncodedSource&) = delete;
  EncodedSource& operator=(const EncodedSource&) = delete;
  virtual ~EncodedSource();

  /// Scores the truth token by token (spec section 7, item 1): `target` is (sources, target length), `target_lengths`
  /// (sources), both int64 on the device.
  virtual TeacherForcedScores score(const at::Tensor& target, const at::Tensor& target_lengths) = 0;

  /// Starts decoding the sources `rows`, (rows) int64 on the device; at most `longest` tokens will be taken from each
  /// row. The result may outlive this, but not the model.
  virtual std::unique_ptr<IncrementalDecoder> decode(const at::Tensor& rows, std::int64_t longest) = 0;
};

/// The scores of target[:, 1:] by its logits, (batch, target length - 1, vocabulary size), which are not looked at in
/// padding.
MATSEQ_API TeacherForcedScores score_logits(const at::Tensor& logits, const at::Tensor& target,
                                            const at::Tensor& target_lengths);

/// The sum of the cross-entropy of the batch's target[:, 1:], smoothed as it says, by its logits, likewise:
/// 0-dimensional float32.
MATSEQ_API at::Tensor cross_entropy_sum(const at::Tensor& logits, const SequenceBatch& batch);

/// How a model may be used, trained or evaluated as `module().is_training()` says.
struct ModelTraits {
  /// Several threads may call the functions of the model at once, and what one gets does not depend on the others: no
  /// state that changes, and no random numbers, such as a dropout's. Batches are then shared out among the threads of a
  /// CPU.
  bool concurrent = false;
  /// A CUDA graph can capture `loss` and its gradients: nothing waits for the device, nor looks at values on it.
  bool graph_capture = false;
};

/// A sequence-to-sequence model. `module()` holds its parameters; a parameter's name there is its name in the
/// checkpoint ("encoder.layers.0.ffn.lin1.weight"). A model has `module` and `logits`; everything else follows from
/// these by default, and is there to be replaced by what is faster.
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

  /// Teacher forcing: the logits of target[:, 1:], (batch, target length - 1, vocabulary size); unspecified at padding.
  /// Those of a token must not depend on it or on later tokens.
  virtual at::Tensor logits(const SequenceBatch& batch) = 0;

  /// The loss of a batch, with gradients. By default from `logits`; a model may do it with less memory.
  virtual Loss loss(const SequenceBatch& batch);

  /// A way of its own to the gradients, without LibTorch's record of operations: when the update's last micro-batch is
  /// among these, the parameters' `.grad()` have got what the tree of all its micro-batches' gradients, of `scale`
  /// times their losses, gives. Returns the loss of each micro-batch, (micro-batches) float64 on the CPU. It may use as
  /// many threads as LibTorch is set to use, on which no bit may depend. Nothing, and nothing is changed, where the
  /// model has no such way for this batch; that is the default, and `loss` is used.
  virtual std::optional<Loss> add_gradients(const SequenceBatch& batch, double scale, const MicroBatches& cut);

  /// Encodes sources, (batch, source length) with lengths (batch), int64 on the device, to score and decode them. By
  /// default that is done by `logits`, for decoding on the growing prefix. The result must not outlive the model.
  virtual std::unique_ptr<EncodedSource> encode(const at::Tensor& source, const at::Tensor& source_lengths);

  virtual ModelTraits traits() const { return {}; }

  /// What is computed of the parameters to be fast, such as packed weights, once for all threads and batches until the
  /// result is released. The parameters, and whether products are in a lower precision, stay as they are until then.
  /// By default null: there is nothing of the kind.
  virtual std::shared_ptr<const void> pack_weights() { return nullptr; }

  /// What a parameter is for, to tell optimizers. By default nothing: the framework goes by its shape and module.
  virtual std::optional<ParameterRole> role(const std::string& parameter) const;

  /// Floating-point operations of the matrix products of a forward pass over one example, a multiplication and an
  /// addition being two; lengths include both boundary tokens. 0, the default, if that is not known. An update needs
  /// three times as many.
  virtual double operations(std::int64_t source_length, std::int64_t target_length) const;

  /// The encoder's output, (batch, source length, encoder width), zero at padding: for study and tests. Throws Error
  /// by default, as not every model has an encoder.
  virtual at::Tensor encoder_output(const at::Tensor& source, const at::Tensor& source_lengths);
};

}  // namespace matseq
