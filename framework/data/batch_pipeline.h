/// \file
/// Batches made by worker threads ahead of whoever uses them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "data/example_source.h"
#include "data/host_batch.h"

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
  BatchPipeline(std::shared_ptr<const ExampleSource> examples, PipelineOptions options);
  ~BatchPipeline();
  BatchPipeline(const BatchPipeline&) = delete;
  BatchPipeline& operator=(const BatchPipeline&) = delete;

  /// The next batch, or null after the last. It stays as it is until the call after the next one, so that a copy
  /// of it may be under way while the next is fetched. Throws what making it threw.
  const HostBatch* next();

 private:
  struct Slot {
    explicit Slot(const TokenMemory& memory) : batch(memory) {}
    HostBatch batch;
    std::vector<SequencePair> examples;
    std::uint64_t filled = 0;  ///< 1 + number of the batch it holds
    std::exception_ptr failure;
  };

  void work();
  void fill(Slot& slot, std::uint64_t number) const;
  Slot& slot_of(std::uint64_t number) { return *slots_[number % slots_.size()]; }

  std::shared_ptr<const ExampleSource> examples_;
  PipelineOptions options_;
  std::uint64_t batches_;  ///< in the whole range
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint64_t claimed_ = 0;   ///< batches that a worker has begun
  std::uint64_t consumed_ = 0;  ///< batches that next() has given away
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable slot_free_;
  std::condition_variable slot_filled_;
  std::vector<std::thread> workers_;
};

}  // namespace matseq
