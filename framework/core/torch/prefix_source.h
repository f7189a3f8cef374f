/// \file
/// Scoring and decoding by a model's logits alone.
#pragma once

#include <cstdint>
#include <memory>

#include "matseq/model.h"

namespace matseq {

/// Keeps the sources: each call runs the whole model, for a decoder on the prefixes so far.
class PrefixSource : public EncodedSource {
 public:
  /// As `Model::encode`.
  PrefixSource(Model& model, at::Tensor source, at::Tensor source_lengths);

  TeacherForcedScores score(const at::Tensor& target, const at::Tensor& target_lengths) override;
  std::unique_ptr<IncrementalDecoder> decode(const at::Tensor& rows, std::int64_t longest) override;

 private:
  Model& model_;
  SequenceBatch sources_;  // without targets
};

}  // namespace matseq
