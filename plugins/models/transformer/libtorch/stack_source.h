/// \file
/// Scoring and decoding by LibTorch's operations, on any device.
#pragma once

#include <cstdint>
#include <memory>

#include "common/libtorch/encoder_decoder.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Runs the encoder once for both. Gradients are not recorded.
class StackSource : public EncodedSource {
 public:
  /// `heads` are the decoder's.
  StackSource(EncoderStack& encoder, DecoderStack decoder, std::int64_t heads, const torch::Tensor& source,
              const torch::Tensor& source_lengths);

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override;
  std::unique_ptr<IncrementalDecoder> decode(const torch::Tensor& rows, std::int64_t longest) override;

 private:
  DecoderStack decoder_;
  std::int64_t heads_;
  torch::Tensor visible_;  // (sources, 1, 1, source length), or undefined
  torch::Tensor encoded_;  // (sources, source length, width)
};

}  // namespace matseq::transformer
