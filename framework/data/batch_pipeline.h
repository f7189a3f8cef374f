/// \file
/// Batches made by worker threads ahead of whoever uses them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/example_source.h"
#include "data/host_batch.h"
#include "threads/ordered_workers.h"

namespace matseq {

/// Consecutive examples.
struct ExampleRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// Which examples each batch has; batches are numbered from 0.
struct BatchPlan {
  std::uint64_t batches = 0;                                ///< how many there are
  std::function<ExampleRange(std::uint64_t number)> range;  ///< at least one example each
};

/// All examples from `first` to `end` - 1 in batches of `batch_size`, the last of which may be smaller.
BatchPlan consecutive_batches(std::uint64_t first, std::uint64_t end, std::uint64_t batch_size);

/// Of a plan's batches number `rank`, `rank` + `ranks` and so on.
BatchPlan every_nth_batch(BatchPlan plan, std::uint64_t rank, std::uint64_t ranks);

struct PipelineOptions {
  BatchPlan plan = consecutive_batches(0, UINT64_MAX, 64);
  std::size_t workers = 2;        ///< 0: batches are made when they are asked for
  std::size_t batches_ahead = 4;  ///< per worker
  TokenMemory memory = heap_memory();
};

/// The batches of a plan, in order. Which thread makes which batch changes nothing about their content.
class BatchPipeline {
 public:
  /// Throws Error when a worker cannot be started.
  BatchPipeline(std::shared_ptr<const ExampleSource> examples, PipelineOptions options);

  /// The next batch, or null after the last. It stays as it is until the call after the next one, so that a copy
  /// of it may be under way while the next is fetched. Throws what making it threw, and Stopped when the process has
  /// been asked to stop while a batch is made.
  const HostBatch* next();

 private:
  struct Slot {
    explicit Slot(const TokenMemory& memory) : batch(memory) {}
    HostBatch batch;
    std::vector<SequencePair> examples;
  };

  static std::vector<std::unique_ptr<Slot>> make_slots(const PipelineOptions& options);
  void fill(Slot& slot, std::uint64_t number) const;

  std::shared_ptr<const ExampleSource> examples_;
  PipelineOptions options_;
  std::vector<std::unique_ptr<Slot>> slots_;
  OrderedWorkers workers_;
};

}  // namespace matseq
