/// \file
/// Examples drawn from a task on the fly.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "data/curriculum.h"
#include "data/data_remarks.h"
#include "data/example_order.h"
#include "data/example_source.h"
#include "matseq/task.h"
#include "tokens/sequence_codec.h"

namespace matseq {

/// The data set `name` of a task, or several in turn, under a seed: example k is a pure function of (seed, name, k),
/// and of task and encodings. Where examples are repeated, k says which draw it is.
class GeneratedExamples : public ExampleSource {
 public:
  /// Examples with a sequence of `limits.max_len` tokens or more are drawn again, from the same random stream; so are
  /// targets that are not finite or reach the output encoding's limit. What was thrown away stands in
  /// `SequencePair::rejected`.
  GeneratedExamples(Curriculum tasks, std::shared_ptr<const SequenceCodec> input,
                    std::shared_ptr<const SequenceCodec> output, std::uint64_t seed, const std::string& name,
                    const DataLimits& limits, ExampleOrder order = {});

  void get(std::uint64_t number, SequencePair& example) const override;

  /// Likewise, and the matrices too.
  void get(std::uint64_t number, SequencePair& sequences, Example& example) const;

  const Curriculum& tasks() const { return tasks_; }

 private:
  /// Draws once; none when the example is to be used.
  std::optional<RejectedDraw> attempt(const Task& task, RandomStream& random, SequencePair& sequences,
                                      Example& example) const;
  [[noreturn]] void give_up(std::uint64_t number, const SequencePair& sequences) const;

  Curriculum tasks_;
  std::shared_ptr<const SequenceCodec> input_;
  std::shared_ptr<const SequenceCodec> output_;
  std::string name_;
  std::uint64_t key_;
  DataLimits limits_;
  std::size_t max_len_;
  ExampleOrder order_;
};

}  // namespace matseq
