/// \file
/// The tensors of a model by name, as checkpoints have them.
#pragma once

#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"

namespace matseq {

/// The tensors that a checkpoint holds: parameters and frozen tables, by name.
std::vector<NamedTensor> model_tensors(Model& model);
/// The parameters that an optimizer trains, each once.
std::vector<NamedTensor> trained_parameters(Model& model);
/// Copies values into the tensors of the same names; throws Error, beginning with `what`, when a name is missing or too
/// many, or a shape differs.
void copy_into(const std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from, const std::string& what);

}  // namespace matseq
