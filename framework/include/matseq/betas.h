/// \file
/// The two decay rates of the Adam family.
#pragma once

#include "matseq/parameter.h"
#include "matseq/parameters.h"
#include "matseq/refuse_parameter.h"

namespace matseq {

/// The decay rates of the running means of the gradient and of its size, each in [0, 1).
struct Betas {
  double first;
  double second;

  static Parameter first_parameter() {
    return Parameter::real("beta1", 0.9, "decay of the running mean of the gradient, below 1").at_least(0).at_most(1);
  }
  static Parameter second_parameter() {
    return Parameter::real("beta2", 0.999, "decay of the running size of the gradient, below 1").at_least(0).at_most(1);
  }

  explicit Betas(const Parameters& parameters) : first(parameters.real("beta1")), second(parameters.real("beta2")) {
    // The schema's bounds are inclusive; at 1 the correction for the start divides by zero.
    for (const char* name : {"beta1", "beta2"}) {
      if (parameters.real(name) >= 1) refuse_parameter(parameters, name, "it must be less than 1");
    }
  }
};

}  // namespace matseq
