/// \file
/// Pieces of TOML text: values written, and the depth of a text that is about to be parsed.
#pragma once

#include <string>
#include <string_view>

#include "matseq/parameter.h"

namespace matseq {

/// A value as TOML writes it, in one line. Real numbers have as few digits as read back to the same bits.
std::string toml_text(const ParameterValue& value);

/// A dotted key, quoted where it must be.
std::string toml_key(const std::string& key);

/// Throws Error for brackets or dotted keys nested so deeply that a parser could run out of stack; `name` is how
/// messages call the text.
void check_nesting(std::string_view text, const std::string& name);

}  // namespace matseq
