#include "sweep/random_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "matseq/random_stream.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

/// More digits would say nothing, and be read by people.
double rounded(double value, const RandomSetting& setting) {
  return std::clamp(parse_number(fmt::format("{:.6g}", value)).value_or(value), setting.low, setting.high);
}

}  // namespace

nlohmann::ordered_json drawn_value(const RandomSetting& setting, std::uint64_t seed, std::int64_t number) {
  RandomStream random(random_key(seed, setting.key), static_cast<std::uint64_t>(number));
  switch (setting.law) {
    case RandomLaw::uniform:
      return rounded(random.uniform(setting.low, setting.high), setting);
    case RandomLaw::log_uniform:
      return rounded(std::exp(random.uniform(std::log(setting.low), std::log(setting.high))), setting);
    case RandomLaw::integer:
      return random.integer(static_cast<std::int64_t>(setting.low), static_cast<std::int64_t>(setting.high));
    case RandomLaw::choice:
      return setting
          .choices[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(setting.choices.size()) - 1))];
  }
  return nullptr;
}

}  // namespace matseq
