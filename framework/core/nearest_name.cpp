#include "matseq/nearest_name.h"

#include <algorithm>

namespace matseq {
namespace {

/// No name is longer; comparing what is takes long and helps nobody.
constexpr std::size_t longest_name = 100;
/// Cost of an edit. One that only changes a letter's case costs less, so that 'adamW' is nearer to 'adamw' than to
/// 'adam'.
constexpr std::size_t edit = 4;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

std::size_t replacement(char first, char second) {
  if (first == second) return 0;
  return lower(first) == lower(second) ? 1 : edit;
}

/// Levenshtein distance times `edit`, one row at a time.
std::size_t edit_distance(const std::string& first, const std::string& second) {
  std::vector<std::size_t> row(second.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j * edit;
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = (i + 1) * edit;
    for (std::size_t j = 0; j < second.size(); ++j) {
      const std::size_t replaced = diagonal + replacement(first[i], second[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + edit, row[j + 1] + edit});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  if (name.size() > longest_name) return "";
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) * edit + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest_name) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = &candidate;
    }
  }
  return best == nullptr ? "" : ", did you mean '" + *best + "'?";
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

}  // namespace matseq
