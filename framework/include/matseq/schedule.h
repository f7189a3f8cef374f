/// \file
/// The interface of a learning-rate schedule.
#pragma once

#include <cstdint>

#include "matseq/export.h"
#include "matseq/plugin.h"
#include "matseq/toolchain.h"

namespace matseq {

/// The learning rate of every update: a pure function, so that nothing needs saving.
class MATSEQ_API Schedule {
 public:
  using Interface = Schedule;
  static constexpr PluginKind plugin_kind = PluginKind::schedule;
  static constexpr const char* toolchain = MATSEQ_TOOLCHAIN;

  /// A schedule's constructor takes `(const Parameters&)`.
  using Factory = Schedule* (*)(const Parameters&);
  template <typename Class>
  static Schedule* make(const Parameters& parameters) {
    return new Class(parameters);
  }

  Schedule() = default;
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  virtual ~Schedule();

  /// The rate of update `update` = 0, 1, 2, ... where the optimizer's own `learning_rate` is `base_rate`: finite and
  /// not negative.
  virtual double rate(std::int64_t update, double base_rate) const = 0;
};

}  // namespace matseq
