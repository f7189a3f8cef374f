#include "data/batch_pipeline.h"

#include <algorithm>

namespace matseq {
namespace {

/// Batches that next() gave away and that must stay as they are.
constexpr std::uint64_t batches_in_use = 2;

}  // namespace

BatchPipeline::BatchPipeline(std::shared_ptr<const ExampleSource> examples, PipelineOptions options)
    : examples_(std::move(examples)), options_(std::move(options)) {
  const std::uint64_t count = options_.end_example - std::min(options_.first_example, options_.end_example);
  batches_ = count / options_.batch_size + (count % options_.batch_size == 0 ? 0 : 1);
  const std::size_t slots = batches_in_use + std::max<std::size_t>(1, options_.workers * options_.batches_ahead);
  for (std::size_t i = 0; i < slots; ++i) slots_.push_back(std::make_unique<Slot>(options_.memory));
  for (std::size_t i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
}

BatchPipeline::~BatchPipeline() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  slot_free_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

const HostBatch* BatchPipeline::next() {
  std::unique_lock lock(mutex_);
  if (consumed_ == batches_) return nullptr;
  const std::uint64_t number = consumed_++;
  Slot& slot = slot_of(number);
  slot_free_.notify_all();
  if (workers_.empty()) {
    lock.unlock();
    fill(slot, number);
  } else {
    slot_filled_.wait(lock, [&] { return slot.filled == number + 1; });
  }
  if (slot.failure) std::rethrow_exception(slot.failure);
  return &slot.batch;
}

void BatchPipeline::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    slot_free_.wait(lock, [this] {
      return stopping_ || claimed_ == batches_ || claimed_ + batches_in_use < consumed_ + slots_.size();
    });
    if (stopping_ || claimed_ == batches_) return;
    const std::uint64_t number = claimed_++;
    Slot& slot = slot_of(number);
    lock.unlock();
    fill(slot, number);
    lock.lock();
    slot.filled = number + 1;
    slot_filled_.notify_all();
  }
}

void BatchPipeline::fill(Slot& slot, std::uint64_t number) const {
  try {
    const std::uint64_t first = options_.first_example + number * options_.batch_size;
    slot.examples.resize(std::min<std::uint64_t>(options_.batch_size, options_.end_example - first));
    for (std::size_t i = 0; i < slot.examples.size(); ++i) examples_->get(first + i, slot.examples[i]);
    slot.batch.assign(slot.examples);
    slot.batch.set_first_example(first);
    slot.failure = nullptr;
  } catch (...) {
    slot.failure = std::current_exception();
  }
}

}  // namespace matseq
