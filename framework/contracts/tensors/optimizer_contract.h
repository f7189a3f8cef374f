/// \file
/// The contract of optimizers, as contracts.h has those of other kinds.
#pragma once

#include "contracts/contracts.h"

namespace matseq {

void check_optimizer_contract(ContractList& list, const CheckedPlugin& plugin);

}  // namespace matseq
