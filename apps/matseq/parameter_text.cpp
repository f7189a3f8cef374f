#include "parameter_text.h"

#include <fmt/format.h>

#include <cmath>

#include "configuration/toml_text.h"
#include "matseq/nearest_name.h"

namespace matseq {

std::string accepted_text(const Parameter& parameter) {
  if (!parameter.choices.empty()) return "; one of " + quoted_list(parameter.choices);
  const bool low = !std::isinf(parameter.minimum);
  const bool high = !std::isinf(parameter.maximum);
  if (low && high) return fmt::format("; from {} to {}", parameter.minimum, parameter.maximum);
  if (low) return fmt::format("; at least {}", parameter.minimum);
  if (high) return fmt::format("; at most {}", parameter.maximum);
  return "";
}

nlohmann::ordered_json explained_json(const Parameter& parameter) {
  return {{"default", parameter.default_value ? nlohmann::ordered_json(toml_text(*parameter.default_value)) : nullptr},
          {"meaning", parameter.doc + accepted_text(parameter)}};
}

std::string explained(const Parameter& parameter, const std::string& remark) {
  const std::string value = parameter.default_value ? toml_text(*parameter.default_value) : "(unset)";
  return fmt::format("  {} = {}\n      {}{}{}\n", parameter.name, value, parameter.doc, accepted_text(parameter),
                     remark);
}

}  // namespace matseq
