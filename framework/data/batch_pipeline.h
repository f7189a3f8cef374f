/// \file
/// Batches made by worker threads ahead of whoever uses them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/example_source.h"
#include "data/host_batch.h"
#include "threads/ordered_workers.h"

namespace matseq {

struct PipelineOptions {
  std::uint64_t first_example = 0;
  std::uint64_t end_example = UINT64_MAX;  ///< one past the last; the last batch may be smaller
  std::size_t batch_size = 64;
  std::size_t workers = 2;        ///< 0: batches are made when they are asked for
  std::size_t batches_ahead = 4;  ///< per worker
  TokenMemory memory = heap_memory();
};

/// The batches of a range of examples, in order. Which thread makes which batch changes nothing about their content.
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
