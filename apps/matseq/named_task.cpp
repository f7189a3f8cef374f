#include "named_task.h"

#include <iostream>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr std::size_t longest_cause = 1000;

}  // namespace

std::unique_ptr<const Task> named_task(PluginLoader& loader, const std::string& name) {
  try {
    ParameterTable table;
    table.prefix = "task";
    return loader.make_task(name, table);
  } catch (const Error& error) {
    const std::string reason = error.what();
    std::cerr << "note: the properties of answers to '" << name
              << "' are not measured: " << printable(reason.substr(0, reason.find('\n')), longest_cause) << "\n";
    return nullptr;
  }
}

}  // namespace matseq
