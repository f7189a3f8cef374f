#include "data/batch_pipeline.h"

#include <algorithm>
#include <utility>

#include "threads/stop_request.h"

namespace matseq {
namespace {

/// A batch that `next` gave away stays as it is until the call after the next one.
constexpr std::uint64_t batches_in_use = 2;

OrderedWork work_of(const PipelineOptions& options) {
  const std::uint64_t count = options.end_example - std::min(options.first_example, options.end_example);
  OrderedWork work;
  work.pieces = count / options.batch_size + (count % options.batch_size == 0 ? 0 : 1);
  work.workers = options.workers;
  work.ahead = options.batches_ahead;
  work.in_use = batches_in_use;
  return work;
}

}  // namespace

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
  const std::uint64_t first = options_.first_example + number * options_.batch_size;
  slot.examples.resize(std::min<std::uint64_t>(options_.batch_size, options_.end_example - first));
  for (std::size_t i = 0; i < slot.examples.size(); ++i) {
    throw_if_stop_requested();
    examples_->get(first + i, slot.examples[i]);
  }
  slot.batch.assign(slot.examples);
  slot.batch.set_first_example(first);
}

}  // namespace matseq
