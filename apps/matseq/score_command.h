/// \file
/// Scores hypotheses that come as JSON lines: `matseq score`.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "matseq/parameter.h"
#include "matseq/task.h"

namespace matseq {

/// Makes a task by the name of its plugin; throws Error when it cannot.
using TaskMaker = std::function<std::unique_ptr<Task>(const std::string& plugin, const ParameterTable& table)>;

/// Reads one JSON object a line with `task` (or `operation`), `source`, `target` and `hypothesis` (rows of numbers, or
/// of texts that are numbers; the hypothesis may be null), optionally `coeff_tolerance` (0.01) and, for the inversion
/// tasks, `classic_eval` (false). Writes for each a line {"max", "d1", "d2", "nb"}: the errors in the three norms and
/// the share of right coefficients (spec section 7), all null where the hypothesis cannot be scored. Numbers are the
/// shortest that read back the same; an infinite error is the text "inf". Empty lines are passed over. Tasks have their
/// default parameters.
///
/// Memory does not grow with the number of lines. Throws Error with the line's number for a line that is none of these.
/// Returns how many it scored.
std::uint64_t score_lines(std::istream& in, std::ostream& out, const TaskMaker& make_task);

}  // namespace matseq
