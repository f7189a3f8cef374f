/// \file
/// The contract of models, as contracts.h has those of other kinds.
#pragma once

#include "contracts/contracts.h"

namespace matseq {

void check_model_contract(ContractList& list, const CheckedPlugin& plugin);

}  // namespace matseq
