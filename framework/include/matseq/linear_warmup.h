/// \file
/// The linear warm-up that every schedule but the constant one begins with.
#pragma once

#include <cstdint>

#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// For update k < W the rate is lr0 + k (lr - lr0) / W: from lr0 at update 0 towards the base rate lr at update W
/// (reference, section 5).
class LinearWarmup {
 public:
  /// The parameters `warmup_updates` (W, at least `fewest_updates`) and `warmup_init_lr` (lr0), followed by `others`.
  static ParameterSchema schema(std::int64_t fewest_updates, const ParameterSchema& others = {}) {
    ParameterSchema all = {
        Parameter::integer("warmup_updates", 4000, "number of updates during which the rate grows linearly")
            .at_least(static_cast<double>(fewest_updates)),
        Parameter::real("warmup_init_lr", 1e-7, "rate of the first update").at_least(0),
    };
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  explicit LinearWarmup(const Parameters& parameters)
      : updates_(parameters.integer("warmup_updates")), first_rate_(parameters.real("warmup_init_lr")) {}

  /// W.
  std::int64_t updates() const { return updates_; }
  /// Whether the update belongs to the warm-up.
  bool covers(std::int64_t update) const { return update < updates_; }
  /// The rate of an update that the warm-up covers.
  double rate(std::int64_t update, double base_rate) const {
    const double slope = (base_rate - first_rate_) / static_cast<double>(updates_);
    return first_rate_ + static_cast<double>(update) * slope;
  }

 private:
  std::int64_t updates_;
  double first_rate_;
};

}  // namespace matseq
