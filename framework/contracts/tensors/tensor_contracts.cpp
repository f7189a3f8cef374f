#include "contracts/tensor_contracts.h"

#include "contracts/tensors/model_contract.h"
#include "contracts/tensors/optimizer_contract.h"

void matseq_check_tensor_contracts(matseq::ContractList& list, const matseq::CheckedPlugin& plugin) {
  if (plugin.library.kind == matseq::PluginKind::optimizer) return matseq::check_optimizer_contract(list, plugin);
  matseq::check_model_contract(list, plugin);
}
