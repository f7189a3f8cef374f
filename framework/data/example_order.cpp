#include "data/example_order.h"

#include "data/permutation.h"
#include "matseq/random_stream.h"

namespace matseq {

// No data set's name has a blank: these numbers are nobody else's.
ExampleOrder::ExampleOrder(const DataConfiguration& data)
    : order_key_(random_key(data.seed, "distinct order")),
      repetition_key_(random_key(data.seed, "repeated examples")),
      repeated_(static_cast<std::uint64_t>(data.repeated_examples)),
      share_(data.repeated_share),
      rest_(data.distinct_examples == 0 ? 0 : static_cast<std::uint64_t>(data.distinct_examples) - repeated_) {}

std::uint64_t ExampleOrder::operator()(std::uint64_t number) const {
  if (repeated_ > 0) {
    RandomStream random(repetition_key_, number);
    if (random.unit() < share_) {
      return static_cast<std::uint64_t>(random.integer(0, static_cast<std::int64_t>(repeated_) - 1));
    }
  }
  if (rest_ == 0) return repeated_ + number;
  const Permutation order(rest_, RandomStream(order_key_, number / rest_).bits());
  return repeated_ + order(number % rest_);
}

}  // namespace matseq
