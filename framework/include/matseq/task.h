/// \file
/// The interface of a task: what to learn, and how to score an answer.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "matseq/example.h"
#include "matseq/export.h"
#include "matseq/measures.h"
#include "matseq/plugin.h"
#include "matseq/random_stream.h"
#include "matseq/toolchain.h"

namespace matseq {

/// How far a hypothesis is from the truth (spec section 7). Errors are relative, >= 0.
struct Score {
  bool valid = false;  ///< false: it cannot be scored (wrong shape, not finite, zero reference)
  double max = 0;      ///< largest error over largest reference coefficient
  double d1 = 0;       ///< sum of absolute errors over sum of absolute reference coefficients
  double d2 = 0;       ///< sum of squared errors over sum of squared reference coefficients
  double share = 0;    ///< share of coefficients that are right, in [0, 1]
};

/// A task draws examples and scores hypotheses. One object serves all threads at once: the member functions
/// are const and must not share mutable state.
class MATSEQ_API Task {
 public:
  using Interface = Task;
  static constexpr PluginKind plugin_kind = PluginKind::task;
  static constexpr const char* toolchain = MATSEQ_TOOLCHAIN;

  /// A task's constructor takes `(const Parameters&)`, or `(const Parameters&, PluginHost&)` when it
  /// is made of other tasks.
  using Factory = Task* (*)(const Parameters&, PluginHost&);
  template <typename Class>
  static Task* make(const Parameters& parameters, PluginHost& host) {
    if constexpr (std::is_constructible_v<Class, const Parameters&, PluginHost&>) {
      return new Class(parameters, host);
    } else {
      return new Class(parameters);
    }
  }

  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task();

  /// Draws one example from `random`, and from nothing else. Every member must be set; on entry `code` is no_code, the
  /// source is empty, and the target an earlier one's, whose memory may be reused as the source's may. Returns false to
  /// have it thrown away and drawn again: it is counted in the class (`category`) that its code and source show by
  /// then. The framework itself redraws when the target is not finite, reaches the output encoding's limit, or a
  /// sequence is too long.
  virtual bool draw(RandomStream& random, Example& example) const = 0;

  /// Scores `hypothesis` against `truth`, whose matrices are what decoding the encoded sequences gives.
  /// A coefficient is right when its error is below `coeff_tolerance`. The hypothesis may have any shape
  /// and any finite or infinite values.
  virtual Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const = 0;

  /// The code tokens that may begin its sequences, each once; empty when they carry none. They never change.
  virtual std::vector<std::string> codes() const { return {}; }

  /// The class under which evaluation reports the example, 1 to 200 printable ASCII characters: the shape of its input,
  /// "5-5", by default.
  virtual std::string category(const Example& example) const;

  /// Sets the target to the answer to the source, which may be any matrix with finite entries; of several tasks, the
  /// code says which. What else is in the target is an earlier one's. False, the default: it cannot say, the source is
  /// none that it can take, or there is no answer that is accurate.
  virtual bool answer(Example& /*example*/) const { return false; }

  /// In what the source, with its code, is unlike all that `draw` draws, a phrase each ("it is not symmetric"): a model
  /// that learned from these has seen nothing of the kind. Empty, the default, when nothing is known to be.
  virtual std::vector<std::string> unfamiliar(const Example& /*example*/) const { return {}; }

  /// What `matseq analyze` measures of its answers besides the score; null, the default, when there is nothing.
  virtual std::unique_ptr<const Measures> measures() const { return nullptr; }
};

}  // namespace matseq
