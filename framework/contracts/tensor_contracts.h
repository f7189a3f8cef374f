/// \file
/// The contracts of plugins with tensors, in a library that is loaded for them only.
#pragma once

#include "contracts/contracts.h"

/// Adds the checks of an optimizer or a model. matseq_framework finds it in matseq_training by its name.
extern "C" __attribute__((visibility("default"))) void matseq_check_tensor_contracts(
    matseq::ContractList& list, const matseq::CheckedPlugin& plugin);
