#include "data/generated_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "matseq/error.h"

namespace matseq {
namespace {

/// So many rejections in a row mean that the settings leave nothing to draw.
constexpr int most_attempts = 10000;

}  // namespace

GeneratedExamples::GeneratedExamples(std::shared_ptr<const Task> task, std::shared_ptr<const SequenceCodec> input,
                                     std::shared_ptr<const SequenceCodec> output, std::uint64_t seed,
                                     const std::string& name, std::int64_t max_len)
    : task_(std::move(task)),
      input_(std::move(input)),
      output_(std::move(output)),
      name_(name),
      key_(random_key(seed, name)),
      max_len_(static_cast<std::size_t>(max_len)) {}

bool GeneratedExamples::accepted(const Example& example) const {
  const double limit = output_->encoder().limit();
  // Written so that NaN is refused as well.
  return std::ranges::all_of(example.target.values(),
                             [limit](double value) { return std::isfinite(value) && std::abs(value) < limit; });
}

void GeneratedExamples::get(std::uint64_t number, SequencePair& sequences, Example& example) const {
  RandomStream random(key_, number);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    example.code = Example::no_code;
    if (!task_->draw(random, example) || !accepted(example)) continue;
    sequences.source.clear();
    sequences.target.clear();
    input_->encode(example.source, example.code, sequences.source);
    output_->encode(example.target, example.code, sequences.target);
    if (sequences.source.size() < max_len_ && sequences.target.size() < max_len_) return;
  }
  throw Error(
      fmt::format("example {} of '{}' was drawn {} times and rejected every time. An example is rejected when a "
                  "sequence has data.max_len = {} tokens or more (the last one had {} and {}), when its target is "
                  "not finite or reaches the output encoding's limit of {}, or by the task itself",
                  number, name_, most_attempts, max_len_, sequences.source.size(), sequences.target.size(),
                  output_->encoder().limit()));
}

void GeneratedExamples::get(std::uint64_t number, SequencePair& sequences) const {
  static thread_local Example scratch;  // keeps its memory from example to example
  get(number, sequences, scratch);
}

}  // namespace matseq
