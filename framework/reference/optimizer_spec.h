/// \file
/// The reference's one-line specs of an optimizer and its schedule.
#pragma once

#include <string>

#include "configuration/toml_document.h"
#include "matseq/parameter.h"

namespace matseq {

/// The two plugins that a spec names, and the parameters it gives to each.
struct OptimizerSpec {
  std::string optimizer;
  ParameterTable optimizer_table;
  std::string schedule;  ///< "constant" when the spec names none
  ParameterTable schedule_table;
};

/// Reads "adam_cosine,warmup_updates=10000,lr=0.0001": an optimizer, after it perhaps '_' and a schedule, then
/// parameters of either (reference, section 5). The reference has schedules for Adam only; here every optimizer of
/// matseq takes them all. `lr` is the plugins' `learning_rate`; every other key is called the same there. Without `lr`
/// Adam gets the specs' default of 1e-3, any other optimizer its own.
///
/// `where` stands before every error message and becomes the place of both tables. Ranges are left to the plugins.
/// Throws Error for an unknown name or key, a key given twice, and a value that is no number.
OptimizerSpec parse_optimizer_spec(const std::string& spec, const std::string& where);

/// What the reference's strings in an experiment file stand for: `optimizer = "SPEC"`, the tables [optimizer] and
/// [schedule].
const Shorthands& reference_shorthands();

}  // namespace matseq
