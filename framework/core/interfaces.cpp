// The key functions of the interfaces live here, so that their type information exists once, in this library.
#include <fmt/format.h>

#include "matseq/encoder.h"
#include "matseq/error.h"
#include "matseq/measures.h"
#include "matseq/plugin.h"
#include "matseq/schedule.h"
#include "matseq/task.h"

namespace matseq {

Error::~Error() = default;
PluginHost::~PluginHost() = default;
Task::~Task() = default;
Measures::~Measures() = default;
Encoder::~Encoder() = default;
Schedule::~Schedule() = default;

std::string Task::category(const Example& example) const {
  return fmt::format("{}-{}", example.source.rows(), example.source.columns());
}

const char* to_string(PluginKind kind) {
  switch (kind) {
    case PluginKind::task:
      return "task";
    case PluginKind::encoder:
      return "encoder";
    case PluginKind::schedule:
      return "schedule";
    case PluginKind::optimizer:
      return "optimizer";
    case PluginKind::model:
      return "model";
  }
  return "unknown kind";
}

}  // namespace matseq
