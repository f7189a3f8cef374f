/// \file
/// When to drop finished sentences from a batch that is being decoded.
#pragma once

#include <cstdint>

namespace matseq {

/// Whether to go on with `open` of `total` sentences only. Dropping copies the caches of all that remain, so it is
/// done when a quarter or more is finished and not at every step.
inline bool dropping_pays(std::int64_t open, std::int64_t total) { return 4 * open <= 3 * total; }

}  // namespace matseq
