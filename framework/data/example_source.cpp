#include "data/example_source.h"

namespace matseq {

void count(const SequencePair& example, ExampleCounts& counts) {
  ++counts.examples;
  if (example.source_out_of_range) ++counts.sources_out_of_range;
  for (const RejectedDraw& draw : example.rejected) counts.reject(draw.category, draw.reason);
}

}  // namespace matseq
