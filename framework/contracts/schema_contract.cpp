#include <algorithm>

#include "configuration/toml_document.h"
#include "contracts/contracts.h"

namespace matseq {
namespace {

std::string check_documentation(const ParameterSchema& schema) {
  for (const Parameter& parameter : schema) {
    if (parameter.doc.empty() || parameter.doc.find('\n') != std::string::npos) {
      broken("the parameter '{}' has {}; each has one line, which `matseq plugins` prints", parameter.name,
             parameter.doc.empty() ? "no documentation" : "documentation of several lines");
    }
  }
  return fmt::format("{} parameter{}", schema.size(), schema.size() == 1 ? "" : "s");
}

/// The framework sets the base rate of every optimizer and hands it to the schedule.
void check_learning_rate(const ParameterSchema& schema) {
  const auto rate = std::ranges::find(schema, "learning_rate", &Parameter::name);
  if (rate == schema.end()) broken("there is no parameter 'learning_rate'; an optimizer has it, a real number");
  if (rate->type != ParameterType::real || !rate->default_value) {
    broken("the parameter 'learning_rate' is not a real number with a default; that of an optimizer is");
  }
}

}  // namespace

ParameterTable CheckedPlugin::complete_table() const {
  return to_table(Parameters::check(library.schema, table, library.title()));
}

void check_schema_contract(ContractList& list, const CheckedPlugin& plugin) {
  list.check("schema complete", [&] {
    if (plugin.library.kind == PluginKind::optimizer) check_learning_rate(plugin.library.schema);
    return check_documentation(plugin.library.schema);
  });
}

}  // namespace matseq
