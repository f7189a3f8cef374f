#include "data/data_remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace matseq {
namespace {

constexpr double shown_share = 0.01;
constexpr std::size_t most_classes = 5;

constexpr std::array<Rejection, rejection_kinds> all_reasons = {Rejection::refused, Rejection::not_finite,
                                                                Rejection::beyond_limit, Rejection::source_too_long,
                                                                Rejection::target_too_long};

std::string what_happened(Rejection reason, const DataLimits& limits) {
  switch (reason) {
    case Rejection::refused:
      return "the task itself refused them";
    case Rejection::not_finite:
      return "the target was not finite";
    case Rejection::beyond_limit:
      return fmt::format("the target reached the output encoding's limit of {}", limits.target);
    case Rejection::source_too_long:
      return fmt::format("the input had data.max_len = {} tokens or more", limits.max_len);
    case Rejection::target_too_long:
      return fmt::format("the target had data.max_len = {} tokens or more", limits.max_len);
  }
  return "";
}

const char* what_to_do(Rejection reason) {
  switch (reason) {
    case Rejection::refused:
      return "its plugin's README says why it does";
    case Rejection::not_finite:
    case Rejection::beyond_limit:
      return "smaller coefficients or another encoding.output keep them";
    case Rejection::source_too_long:
    case Rejection::target_too_long:
      return "a larger data.max_len or smaller matrices keep them";
  }
  return "";
}

/// The classes that lost the most for this reason.
std::string classes_of(const ExampleCounts& counts, Rejection reason) {
  std::vector<std::pair<std::uint64_t, std::string>> classes;
  for (const auto& [category, by_reason] : counts.rejected) {
    const std::uint64_t count = by_reason[static_cast<std::size_t>(reason)];
    if (count > 0 && !category.empty()) classes.emplace_back(count, category);
  }
  std::ranges::stable_sort(classes, std::ranges::greater{}, &std::pair<std::uint64_t, std::string>::first);
  std::string text;
  for (std::size_t i = 0; i < std::min(classes.size(), most_classes); ++i) {
    text += (i == 0 ? classes.size() == 1 ? ", class " : ", classes " : ", ") + classes[i].second;
  }
  return text + (classes.size() > most_classes ? ", ..." : "");
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.3g}%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

bool is_shown(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) > shown_share * static_cast<double>(whole);
}

}  // namespace

std::string rejection_reasons(const ExampleCounts& counts, const DataLimits& limits) {
  std::vector<Rejection> reasons(all_reasons.begin(), all_reasons.end());
  std::erase_if(reasons, [&](Rejection reason) { return counts.rejections(reason) == 0; });
  std::ranges::stable_sort(reasons, std::ranges::greater{},
                           [&](Rejection reason) { return counts.rejections(reason); });
  std::string text;
  for (const Rejection reason : reasons) {
    text += fmt::format("{}{} ({}{})", text.empty() ? "" : "; ", what_happened(reason, limits),
                        counts.rejections(reason), classes_of(counts, reason));
  }
  return text;
}

std::vector<std::string> data_remarks(const std::string& name, const ExampleCounts& counts, const DataLimits& limits) {
  std::vector<std::string> remarks;
  const std::uint64_t draws = counts.examples + counts.rejections();
  for (const Rejection reason : all_reasons) {
    const std::uint64_t lost = counts.rejections(reason);
    if (!is_shown(lost, draws)) continue;
    remarks.push_back(fmt::format("'{}': {} of {} draws were thrown away because {}{}; {}", name, percent(lost, draws),
                                  draws, what_happened(reason, limits), classes_of(counts, reason),
                                  what_to_do(reason)));
  }
  if (is_shown(counts.sources_out_of_range, counts.examples)) {
    remarks.push_back(
        fmt::format("'{}': {} of {} examples have inputs of {} or more, which the input encoding cannot write: the "
                    "model does not see them; smaller coefficients or another encoding.input are needed",
                    name, percent(counts.sources_out_of_range, counts.examples), counts.examples, limits.source));
  }
  if (is_shown(counts.targets_not_decodable, counts.examples)) {
    remarks.push_back(fmt::format(
        "'{}': {} of {} targets have more than evaluation.max_output_len = {} tokens: no prediction of "
        "them can be decoded, and none counts as right; a larger one is needed",
        name, percent(counts.targets_not_decodable, counts.examples), counts.examples, limits.max_output_len));
  }
  return remarks;
}

}  // namespace matseq
