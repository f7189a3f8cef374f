#include "decoding/decoding_options.h"

#include <string>

#include "matseq/error.h"

namespace matseq {

void check(const DecodingOptions& options) {
  if (options.max_output_length < 1) {
    throw Error("decoding: the longest output is " + std::to_string(options.max_output_length) +
                " tokens; it must be at least 1");
  }
  if (options.beam_size < 1) {
    throw Error("decoding: the beam size is " + std::to_string(options.beam_size) + "; it must be at least 1");
  }
  if (!(options.temperature > 0)) {
    throw Error("decoding: the temperature is " + std::to_string(options.temperature) + "; it must be above 0");
  }
}

}  // namespace matseq
