/// \file
/// The settings of the reference system (spec section 9) and what they are called here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "configuration/toml_document.h"

namespace matseq {

/// One setting of the reference and its place here.
struct ReferenceFlag {
  enum class Type : std::uint8_t { boolean, integer, real, text };
  enum class Use : std::uint8_t {
    value,      ///< has the same values under `table`.`key`
    parameter,  ///< the same, of the task: only where the task has such a parameter
    rewritten,  ///< written in another way; `remark` says how
    none,       ///< no counterpart; `remark` says why
  };

  std::string name;
  Type type = Type::text;
  Use use = Use::value;
  std::string table;     ///< "model"; empty for `none`
  std::string key;       ///< "encoder.layers"
  std::string fallback;  ///< the reference's value when it is not given; empty: not known, or nothing
  std::string remark;
};

/// All settings of section 9, in its order.
const std::vector<ReferenceFlag>& reference_flags();

/// The values of `--operation`: the reference's tasks.
const std::vector<std::string>& reference_operations();

/// Names and values as the command line has them. Of a name that stands there twice the last value counts.
using ReferenceSettings = std::vector<std::pair<std::string, std::string>>;

/// An experiment made from the reference's settings, and what could not be carried over.
struct ReferenceConversion {
  TomlDocument experiment;
  std::vector<std::string> notes;  ///< one line each
};

/// Splits "--operation eigenvalues --fp16=true --debug" into names and values; quotes as in a shell, and a flag without
/// a value is true. What stands before the flags is passed over when it is a way to run a program, such as "CUDA=0 srun
/// python train.py" or the beginning of a line of the reference's log, and so is what a shell does with the output.
/// Throws Error for stray words and unknown flags (with the nearest known one).
ReferenceSettings parse_reference_flags(const std::string& command_line);

/// The same for arguments that a shell has split already; one argument alone is a command line.
ReferenceSettings parse_reference_flags(const std::vector<std::string>& arguments);

/// The experiment that these settings describe. What they leave out keeps matseq's default, save where the reference's
/// is known and differs; numbers that matseq does not accept become the nearest one that it does. Throws Error that
/// names the flag for values that are no good.
ReferenceConversion convert_reference_settings(const ReferenceSettings& settings);

/// The experiment as a TOML file, with the notes as comments on top.
std::string to_toml(const ReferenceConversion& conversion);

}  // namespace matseq
