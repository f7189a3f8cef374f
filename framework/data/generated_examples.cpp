#include "data/generated_examples.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>

#include "matseq/error.h"

namespace matseq {
namespace {

/// So many rejections in a row mean that the settings leave nothing to draw.
constexpr std::size_t most_attempts = 10000;

/// Whether all are numbers of a smaller absolute value. Without an early end, for whole vectors of them.
bool all_below(std::span<const double> values, double limit) {
  bool below = true;
  for (const double value : values) below &= std::abs(value) < limit;
  return below;
}

}  // namespace

GeneratedExamples::GeneratedExamples(Curriculum tasks, std::shared_ptr<const SequenceCodec> input,
                                     std::shared_ptr<const SequenceCodec> output, std::uint64_t seed,
                                     const std::string& name, const DataLimits& limits, ExampleOrder order)
    : tasks_(std::move(tasks)),
      input_(std::move(input)),
      output_(std::move(output)),
      name_(name),
      key_(random_key(seed, name)),
      limits_(limits),
      max_len_(static_cast<std::size_t>(limits.max_len)),
      order_(order) {}

std::optional<RejectedDraw> GeneratedExamples::attempt(const Task& task, RandomStream& random, SequencePair& sequences,
                                                       Example& example) const {
  const auto rejected = [&](Rejection reason, std::size_t length = 0) {
    return RejectedDraw{reason, task.category(example), length};
  };
  // What the class of a refused draw is named by must be this draw's.
  example.code = Example::no_code;
  example.source.resize(0, 0);
  if (!task.draw(random, example)) {
    const bool has_class = example.code != Example::no_code || example.source.size() > 0;
    return has_class ? rejected(Rejection::refused) : RejectedDraw{};
  }
  if (!all_below(example.target.values(), limits_.target)) {
    const bool finite = all_below(example.target.values(), std::numeric_limits<double>::infinity());
    return rejected(finite ? Rejection::beyond_limit : Rejection::not_finite);
  }
  sequences.source.clear();
  sequences.target.clear();
  input_->encode(example.source, example.code, sequences.source);
  output_->encode(example.target, example.code, sequences.target);
  if (sequences.source.size() >= max_len_) return rejected(Rejection::source_too_long, sequences.source.size());
  if (sequences.target.size() >= max_len_) return rejected(Rejection::target_too_long, sequences.target.size());
  sequences.source_out_of_range = !all_below(example.source.values(), limits_.source);
  return std::nullopt;
}

void GeneratedExamples::get(std::uint64_t number, SequencePair& sequences, Example& example) const {
  const Task& task = tasks_.task_of(number);
  RandomStream random(key_, order_(number));
  sequences.rejected.clear();
  while (std::optional<RejectedDraw> rejected = attempt(task, random, sequences, example)) {
    sequences.rejected.push_back(*std::move(rejected));
    if (sequences.rejected.size() == most_attempts) give_up(number, sequences);
  }
}

void GeneratedExamples::give_up(std::uint64_t number, const SequencePair& sequences) const {
  ExampleCounts counts;
  count(sequences, counts);
  throw Error(fmt::format("example {} of '{}' was drawn {} times and rejected every time: {}", number, name_,
                          most_attempts, rejection_reasons(counts, limits_)));
}

void GeneratedExamples::get(std::uint64_t number, SequencePair& sequences) const {
  static thread_local Example scratch;  // keeps its memory from example to example
  get(number, sequences, scratch);
}

}  // namespace matseq
