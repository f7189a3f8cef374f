#include "run/duration_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace matseq {

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "";
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  const std::int64_t all = std::llround(std::clamp(seconds, 0.0, 3.6e10));
  if (all < minute) return fmt::format("{} s", all);
  if (all < hour) return fmt::format("{} min {} s", all / minute, all % minute);
  if (all < day) return fmt::format("{} h {} min", all / hour, all % hour / minute);
  return fmt::format("{} d {} h", all / day, all % day / hour);
}

}  // namespace matseq
