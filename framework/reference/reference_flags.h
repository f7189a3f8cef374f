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

/// Names and values as the command line has them.
using ReferenceSettings = std::vector<std::pair<std::string, std::string>>;

/// An experiment made from the reference's settings, and what could not be carried over.
struct ReferenceConversion {
  TomlDocument experiment;
  std::vector<std::string> notes;  ///< one line each
};

/// Splits "--operation eigenvalues --fp16=true --debug" into names and values; quotes as in a shell, a flag without a
/// value is true, and a program name in front is passed over. Throws Error for stray tokens, unknown flags (with the
/// nearest known one) and flags given twice.
ReferenceSettings parse_reference_flags(const std::string& command_line);

/// The experiment that these settings describe. What they leave out keeps matseq's default, save where the reference's
/// is known and differs. Throws Error that names the flag for values that are no good.
ReferenceConversion convert_reference_settings(const ReferenceSettings& settings);

/// The experiment as a TOML file, with the notes as comments on top.
std::string to_toml(const ReferenceConversion& conversion);

}  // namespace matseq
