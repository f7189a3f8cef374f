/// \file
/// The ways to name an encoding.
#pragma once

#include <map>
#include <string>

#include "matseq/parameter.h"

namespace matseq {

/// An encoder plugin and its parameters, not yet checked against the plugin's schema.
struct EncodingSpec {
  std::string plugin;
  ParameterTable table;
};

/// Reads the name of an encoding (spec section 2):
/// - a preset of the papers: "P10", "P1000", "B1999", "FP15";
/// - a spec of the reference: "float,PRECISION,BASE", "floatsymbol,PRECISION", "FP15,PRECISION,EXPONENTS";
/// - an encoder plugin with its default parameters: "positional".
/// `where` ("file:line" and key, or a command-line option) goes into messages. Throws Error that lists what is accepted
/// and suggests the nearest preset; whether the plugin exists and takes the numbers is for the loader to say.
EncodingSpec parse_encoding(const std::string& name, const std::string& where);

/// Reads `{ plugin = "positional", precision = 2, base = 1000 }`: the entry `plugin` names an encoder plugin, the rest
/// are its parameters. Throws Error when `plugin` is missing or no text.
EncodingSpec parse_encoding(const ParameterTable& table);

/// The shortest name of an encoding by its plugin and all its parameters as texts: a preset, a spec of the reference,
/// or else "plugin(key=value, ...)".
std::string encoding_name(const std::string& plugin, const std::map<std::string, std::string>& parameters);

/// What `parse_encoding` accepts, in one line, for help texts.
std::string accepted_encodings();

}  // namespace matseq
