/// \file
/// What the analysis measures of predicted inverses (spec section 8, end).
#pragma once

#include "matseq/measures.h"

namespace matseq {

/// Of input M and answer H: sum|M H - I| / n, the relative l1 distance of H to the target, and the condition number of
/// M.
class InversionMeasures : public Measures {
 public:
  std::vector<Property> properties() const override;
  void check(const Example& truth) const override;
  std::vector<double> deviations(const Example& truth, const Matrix& hypothesis) const override;
  std::string conditioned_matrix() const override { return "the input M"; }
  std::optional<double> condition(const Example& truth, const Matrix* hypothesis) const override;
};

}  // namespace matseq
