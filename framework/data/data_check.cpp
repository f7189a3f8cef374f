#include "data/data_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "data/data_remarks.h"
#include "data/generated_examples.h"
#include "matseq/error.h"

namespace matseq {
namespace {

constexpr std::uint64_t surveyed_examples = 256;
/// Where a class has had no survivor among these, the survey goes on, but not for longer than this.
constexpr std::uint64_t most_draws = 20000;
/// Of a class of which one draw in thirty survives, so many in a row are lost in one experiment of a thousand.
constexpr std::uint64_t enough_rejections = 200;

/// Counts over the first examples of a data set, and of every task of a curriculum.
class Survey {
 public:
  Survey(const DataSet& set, const DataLimits& limits, Targets targets)
      : set_(set),
        limits_(limits),
        decoded_(targets == Targets::decoded),
        generated_(dynamic_cast<const GeneratedExamples*>(set.examples.get())) {}

  void run() {
    // Of a file nothing is thrown away; where nothing is decoded either, it is enough that it has examples.
    const std::uint64_t size = decoded_ || generated_ != nullptr ? set_.examples->size().value_or(UINT64_MAX) : 1;
    for (const std::uint64_t begin : generated_ != nullptr ? generated_->tasks().beginnings() : std::vector{0UL}) {
      draws_ = 0;
      for (std::uint64_t number = begin; number < size; ++number) {
        if (number - begin >= surveyed_examples && !undecided()) break;
        if (draws_ >= most_draws) break;
        look_at(number);
      }
    }
  }

  const ExampleCounts& counts() const { return counts_; }
  std::size_t shortest_target() const { return shortest_target_; }

  /// Throws Error when a class has had enough draws and no survivor.
  void require_survivors() const {
    for (const auto& [category, reasons] : counts_.rejected) {
      if (!is_lost(category) || rejections_of(category) < enough_rejections) continue;
      ExampleCounts lost;
      lost.rejected[category] = reasons;
      const auto shortest = shortest_too_long_.find(category);
      throw Error(fmt::format(
          "data set '{}': no example of the class '{}' survives; {} were drawn and thrown away: {}{}. Change what "
          "throws them away, or do not have them drawn",
          set_.name, category, rejections_of(category), rejection_reasons(lost, limits_),
          shortest == shortest_too_long_.end() ? "" : fmt::format("; the shortest had {}", shortest->second)));
    }
  }

 private:
  void look_at(std::uint64_t number) {
    if (generated_ != nullptr) {
      generated_->get(number, sequences_, example_);
      ++survivors_[set_.task->category(example_)];
    } else {
      set_.examples->get(number, sequences_);
    }
    count(sequences_, counts_);
    draws_ += 1 + sequences_.rejected.size();
    for (const RejectedDraw& draw : sequences_.rejected) {
      if (draw.length == 0) continue;
      std::size_t& shortest = shortest_too_long_.try_emplace(draw.category, draw.length).first->second;
      shortest = std::min(shortest, draw.length);
    }
    shortest_target_ = std::min(shortest_target_, sequences_.target.size());
    if (!decoded_) return;
    if (sequences_.target.size() > static_cast<std::size_t>(limits_.max_output_len)) ++counts_.targets_not_decodable;
  }

  bool undecided() const {
    return std::ranges::any_of(counts_.rejected, [this](const auto& entry) {
      return is_lost(entry.first) && rejections_of(entry.first) < enough_rejections;
    });
  }

  /// Whether the class has had no survivor. What a task refuses itself it may refuse whole classes of, unless its
  /// classes are components.
  bool is_lost(const std::string& category) const {
    if (category.empty() || survivors_.contains(category)) return false;
    const std::uint64_t refused = counts_.rejected.at(category)[static_cast<std::size_t>(Rejection::refused)];
    return refused < rejections_of(category) || !set_.task->codes().empty();
  }

  std::uint64_t rejections_of(const std::string& category) const {
    std::uint64_t sum = 0;
    for (const std::uint64_t number : counts_.rejected.at(category)) sum += number;
    return sum;
  }

  const DataSet& set_;
  const DataLimits& limits_;
  bool decoded_;
  const GeneratedExamples* generated_;  ///< null: examples of a file, none of which is thrown away
  SequencePair sequences_;
  Example example_;
  ExampleCounts counts_;
  std::uint64_t draws_ = 0;
  std::map<std::string, std::uint64_t> survivors_;
  std::map<std::string, std::size_t> shortest_too_long_;
  std::size_t shortest_target_ = SIZE_MAX;
};

}  // namespace

std::vector<std::string> check_data_set(const DataSet& set, const DataLimits& limits, Targets targets) {
  Survey survey(set, limits, targets);
  survey.run();
  survey.require_survivors();
  const ExampleCounts& counts = survey.counts();
  if (counts.targets_not_decodable == counts.examples) {
    throw Error(
        fmt::format("data set '{}': no target could be decoded: all have more than evaluation.max_output_len = "
                    "{} tokens, the shortest of {} has {}",
                    set.name, limits.max_output_len, counts.examples, survey.shortest_target()));
  }
  std::vector<std::string> remarks = data_remarks(set.name, counts, limits);
  const std::string remark = targets == Targets::decoded ? set.examples->remark() : "";
  if (!remark.empty()) remarks.push_back(fmt::format("'{}': {}", set.name, remark));
  return remarks;
}

std::vector<std::string> check_data(const ExperimentData& data) {
  std::vector<std::string> remarks = check_data_set(data.training, data.limits, Targets::not_decoded);
  for (const DataSet& set : data.tests) {
    const std::vector<std::string> more = check_data_set(set, data.limits, Targets::decoded);
    remarks.insert(remarks.end(), more.begin(), more.end());
  }
  return remarks;
}

}  // namespace matseq
