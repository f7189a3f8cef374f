/// \file
/// Encodings as the command line names them.
#pragma once

#include <string>

#include "tokens/encoding_spec.h"

namespace matseq {

/// Reads the name of an encoding as `parse_encoding` does, or a TOML table as an experiment has:
/// `{ plugin = "positional", base = 1000 }`. `option` goes into messages.
EncodingSpec read_encoding(const std::string& text, const std::string& option);

}  // namespace matseq
