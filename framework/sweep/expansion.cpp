#include "sweep/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr double most_runs = 100000;

/// As names have it, beside the keys of settings.
constexpr const char* draw_key = "draw";

using GridPoint = SweepSettings;

std::vector<GridPoint> grid_points(const std::vector<SweepAxis>& axes) {
  std::vector<GridPoint> points(1);
  for (const SweepAxis& axis : axes) {
    std::vector<GridPoint> longer;
    for (const GridPoint& point : points) {
      for (const nlohmann::ordered_json& value : axis.values) {
        longer.push_back(point);
        longer.back().push_back({axis.key, value, axis.where});
      }
    }
    points = std::move(longer);
  }
  return points;
}

void check_count(const SweepFile& sweep) {
  double count = static_cast<double>(sweep.seeds.value_or(1)) *
                 static_cast<double>(std::max<std::int64_t>(1, sweep.draws)) *
                 static_cast<double>(std::max<std::size_t>(1, sweep.entries.size()));
  for (const SweepAxis& axis : sweep.grid) count *= static_cast<double>(axis.values.size());
  if (count > most_runs) {
    throw Error(fmt::format("{}: {:.0f} runs; accepted are {:.0f}", printable(sweep.path.string()), count, most_runs));
  }
}

std::vector<std::string> varied_keys(const SweepFile& sweep) {
  std::set<std::string> keys;
  if (sweep.seeds) keys.insert(seed_key);
  if (sweep.draws > 0) keys.insert(draw_key);
  for (const SweepAxis& axis : sweep.grid) keys.insert(axis.key);
  for (const SweepEntry& entry : sweep.entries) {
    for (const SweepSetting& setting : entry.settings) keys.insert(setting.key);
  }
  return {keys.begin(), keys.end()};
}

/// Puts runs together out of their parts.
class Expander {
 public:
  Expander(const SweepFile& sweep, const ShortKeys& known)
      : sweep_(sweep), points_(grid_points(sweep.grid)), expansion_{short_keys(varied_keys(sweep), known), {}} {
    if (sweep_.entries.empty()) {
      entries_.emplace_back();
    } else {
      entries_ = sweep_.entries;
    }
  }

  SweepExpansion take() {
    for (std::int64_t seed = 1; seed <= sweep_.seeds.value_or(1); ++seed) {
      for (std::int64_t draw = std::min<std::int64_t>(1, sweep_.draws); draw <= sweep_.draws; ++draw) {
        const SweepSettings drawn = draw_settings(draw);
        for (const SweepEntry& entry : entries_) {
          for (const GridPoint& point : points_) add(entry, point, drawn, draw, seed);
        }
      }
    }
    return std::move(expansion_);
  }

 private:
  SweepSettings draw_settings(std::int64_t draw) const {
    SweepSettings drawn;
    if (draw == 0) return drawn;
    for (const RandomSetting& setting : sweep_.random) {
      drawn.push_back({setting.key, drawn_value(setting, sweep_.random_seed, draw), setting.where});
    }
    return drawn;
  }

  void add(const SweepEntry& entry, const GridPoint& point, const SweepSettings& drawn, std::int64_t draw,
           std::int64_t seed) {
    SweepRun run;
    run.draw = draw;
    run.settings = point;
    if (entry.name.empty()) run.settings.insert(run.settings.end(), entry.settings.begin(), entry.settings.end());
    std::ranges::sort(run.settings, {}, &SweepSetting::key);
    std::vector<std::string> parts;
    if (!entry.name.empty()) parts.push_back(entry.name);
    for (const SweepSetting& setting : run.settings) parts.push_back(part(setting.key, value_name(setting.value)));
    if (draw > 0) parts.push_back(part(draw_key, std::to_string(draw)));
    if (sweep_.seeds) parts.push_back(part(seed_key, std::to_string(seed)));
    run.name = joined_name(parts);
    if (!entry.name.empty()) run.settings.insert(run.settings.end(), entry.settings.begin(), entry.settings.end());
    run.settings.insert(run.settings.end(), drawn.begin(), drawn.end());
    if (sweep_.seeds) run.settings.push_back({seed_key, seed, sweep_.seeds_where});
    std::ranges::sort(run.settings, {}, &SweepSetting::key);
    keep(std::move(run), entry.where);
  }

  std::string part(const std::string& key, const std::string& value) const {
    return expansion_.keys.at(key) + "=" + value;
  }

  void keep(SweepRun run, const std::string& where) {
    const auto [first, is_new] = places_.try_emplace(run.name, where);
    if (!is_new) {
      throw Error(fmt::format("{}: two runs are named '{}'{}; a key 'name' in [[runs]] tells them apart",
                              where.empty() ? printable(sweep_.path.string()) : where, run.name,
                              first->second.empty() ? "" : ", the other one by " + first->second));
    }
    expansion_.runs.push_back(std::move(run));
  }

  const SweepFile& sweep_;
  std::vector<SweepEntry> entries_;
  std::vector<GridPoint> points_;
  SweepExpansion expansion_;
  std::map<std::string, std::string> places_;  // of the runs so far, by name
};

}  // namespace

SweepExpansion expand(const SweepFile& sweep, const ShortKeys& known) {
  check_count(sweep);
  return Expander(sweep, known).take();
}

}  // namespace matseq
