#include "matseq/random_stream.h"

namespace matseq {

std::uint64_t random_key(std::uint64_t seed, std::string_view data_set) {
  std::uint64_t name = 0xcbf29ce484222325U;  // FNV-1a, so that the name has one value on every machine
  for (const char letter : data_set) {
    name ^= static_cast<unsigned char>(letter);
    name *= 0x100000001b3U;
  }
  // One Philox block mixes both, so that neighbouring seeds have unrelated keys.
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32), 0, 0}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto mixed = r123::Philox4x32{}(counter, key);
  return mixed[0] | static_cast<std::uint64_t>(mixed[1]) << 32;
}

}  // namespace matseq
