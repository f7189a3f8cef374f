#include "run/criterion.h"

#include <charconv>
#include <system_error>

namespace matseq {

Criterion Criterion::parse(const std::string& text) {
  const bool smaller = text.starts_with('_');
  return {smaller ? text.substr(1) : text, smaller};
}

std::optional<StoppingCriterion> StoppingCriterion::parse(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos || comma == 0) return std::nullopt;
  StoppingCriterion parsed{Criterion::parse(text.substr(0, comma))};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + comma + 1, end, parsed.patience);
  if (error != std::errc() || rest != end || parsed.patience < 0) return std::nullopt;
  return parsed;
}

}  // namespace matseq
