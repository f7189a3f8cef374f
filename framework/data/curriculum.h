/// \file
/// Tasks that follow each other within one data set.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "matseq/task.h"

namespace matseq {

/// Says which task draws example k, by k alone.
class Curriculum {
 public:
  /// One task for all examples. `key` is of the random numbers that decide where two tasks are mixed.
  explicit Curriculum(std::shared_ptr<const Task> task, std::uint64_t key = 0);

  /// From example `from` on another task draws; of the first `over` of these a share that rises evenly from 0 to 1, the
  /// one before the rest. `from` must not be below where the one before is alone.
  void add(std::shared_ptr<const Task> task, std::uint64_t from, std::uint64_t over);

  const Task& task_of(std::uint64_t number) const;

  std::vector<std::shared_ptr<const Task>> tasks() const;

  /// The examples from which on each task is alone.
  std::vector<std::uint64_t> beginnings() const;

 private:
  struct Stage {
    std::shared_ptr<const Task> task;
    std::uint64_t from = 0;
    std::uint64_t over = 0;
  };

  std::vector<Stage> stages_;
  std::uint64_t key_;
};

}  // namespace matseq
