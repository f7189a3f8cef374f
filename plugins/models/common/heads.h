/// \file
/// How the width of a layer is shared out to attention heads.
#pragma once

#include <string>

#include "matseq/refuse_parameter.h"

namespace matseq {

/// The parameters `layers`, `width` and `heads` of a model that is one stack of layers.
inline ParameterSchema stack_schema() {
  return {
      Parameter::integer("layers", 6, "number of layers").at_least(1).at_most(1024),
      Parameter::integer("width", 512, "width of the layers, a multiple of the heads").at_least(1).at_most(65536),
      Parameter::integer("heads", 8, "attention heads").at_least(1).at_most(65536),
  };
}

/// Throws Error with the place of one of the two parameters unless the width is a multiple of the number of heads.
inline void require_whole_heads(const Parameters& parameters, const std::string& width, const std::string& heads) {
  if (parameters.integer(width) % parameters.integer(heads) == 0) return;
  refuse_parameter(parameters, parameters.given(heads) ? heads : width,
                   "a width of " + std::to_string(parameters.integer(width)) + " cannot be shared out to " +
                       std::to_string(parameters.integer(heads)) + " heads: it must be a multiple of their number");
}

}  // namespace matseq
