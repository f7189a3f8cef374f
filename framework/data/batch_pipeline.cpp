#include "data/batch_pipeline.h"

#include <algorithm>
#include <utility>

#include "threads/stop_request.h"

namespace matseq {
namespace {

/// A batch that `next` gave away stays as it is until the call after the next one.
constexpr std::uint64_t batches_in_use = 2;

OrderedWork work_of(const PipelineOptions& options) {
  OrderedWork work;
  work.pieces = options.plan.batches;
  work.workers = options.workers;
  work.ahead = options.batches_ahead;
  work.in_use = batches_in_use;
  return work;
}

}  // namespace

BatchPlan consecutive_batches(std::uint64_t first, std::uint64_t end, std::uint64_t batch_size) {
  const std::uint64_t count = end - std::min(first, end);
  return {count / batch_size + (count % batch_size == 0 ? 0 : 1), [=](std::uint64_t number) {
            const std::uint64_t begin = first + number * batch_size;
            return ExampleRange{begin, std::min(batch_size, end - begin)};
          }};
}

BatchPlan every_nth_batch(BatchPlan plan, std::uint64_t rank, std::uint64_t ranks) {
  const std::uint64_t own = rank < plan.batches ? (plan.batches - rank - 1) / ranks + 1 : 0;
  return {own,
          [range = std::move(plan.range), rank, ranks](std::uint64_t number) { return range(rank + number * ranks); }};
}

BatchPipeline::BatchPipeline(std::shared_ptr<const ExampleSource> examples, PipelineOptions options)
    : examples_(std::move(examples)),
      options_(std::move(options)),
      slots_(make_slots(options_)),
      workers_(work_of(options_), [this](std::size_t slot, std::uint64_t number) { fill(*slots_[slot], number); }) {}

std::vector<std::unique_ptr<BatchPipeline::Slot>> BatchPipeline::make_slots(const PipelineOptions& options) {
  std::vector<std::unique_ptr<Slot>> slots(OrderedWorkers::slots(work_of(options)));
  for (std::unique_ptr<Slot>& slot : slots) slot = std::make_unique<Slot>(options.memory);
  return slots;
}

const HostBatch* BatchPipeline::next() {
  const std::optional<std::size_t> slot = workers_.next();
  return slot ? &slots_[*slot]->batch : nullptr;
}

void BatchPipeline::fill(Slot& slot, std::uint64_t number) const {
  const auto [first, count] = options_.plan.range(number);
  slot.examples.resize(count);
  for (std::size_t i = 0; i < slot.examples.size(); ++i) {
    throw_if_stop_requested();
    examples_->get(first + i, slot.examples[i]);
  }
  slot.batch.assign(slot.examples);
  slot.batch.set_first_example(first);
}

}  // namespace matseq
