/// \file
/// Examples drawn from a task on the fly.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "data/data_remarks.h"
#include "data/example_source.h"
#include "matseq/task.h"
#include "tokens/sequence_codec.h"

namespace matseq {

/// The data set `name` of a task under a seed: example k is a pure function of (seed, name, k), and of task and
/// encodings.
class GeneratedExamples : public ExampleSource {
 public:
  /// Examples with a sequence of `limits.max_len` tokens or more are drawn again, from the same random stream; so are
  /// targets that are not finite or reach the output encoding's limit. What was thrown away stands in
  /// `SequencePair::rejected`.
  GeneratedExamples(std::shared_ptr<const Task> task, std::shared_ptr<const SequenceCodec> input,
                    std::shared_ptr<const SequenceCodec> output, std::uint64_t seed, const std::string& name,
                    const DataLimits& limits);

  void get(std::uint64_t number, SequencePair& example) const override;

  /// Likewise, and the matrices too.
  void get(std::uint64_t number, SequencePair& sequences, Example& example) const;

 private:
  /// Draws once; none when the example is to be used.
  std::optional<RejectedDraw> attempt(RandomStream& random, SequencePair& sequences, Example& example) const;
  [[noreturn]] void give_up(std::uint64_t number, const SequencePair& sequences) const;

  std::shared_ptr<const Task> task_;
  std::shared_ptr<const SequenceCodec> input_;
  std::shared_ptr<const SequenceCodec> output_;
  std::string name_;
  std::uint64_t key_;
  DataLimits limits_;
  std::size_t max_len_;
};

}  // namespace matseq
