/// \file
/// Decoding that gives nothing but matrices.
#pragma once

#include <memory>
#include <vector>

#include "matseq/model.h"
#include "matseq/torch.h"
#include "tokens/matrix_grammar.h"

namespace matseq {

/// Sources whose decoders find only tokens possible that a grammar allows, whatever searches with them; scores are the
/// model's own.
class ConstrainedSource : public EncodedSource {
 public:
  /// `wanted` is of each source. What is given must outlive this, and the grammar the decoders.
  ConstrainedSource(EncodedSource& sources, const MatrixGrammar& grammar, std::vector<MatrixGrammar::Wanted> wanted);

  TeacherForcedScores score(const at::Tensor& target, const at::Tensor& target_lengths) override;
  std::unique_ptr<IncrementalDecoder> decode(const at::Tensor& rows, std::int64_t longest) override;

 private:
  EncodedSource& sources_;
  const MatrixGrammar& grammar_;
  std::vector<MatrixGrammar::Wanted> wanted_;
};

}  // namespace matseq
