#include "matseq/powers_of_ten.h"

#include <charconv>
#include <string>

namespace matseq {

PowersOfTen::PowersOfTen() {
  for (int k = lowest; k <= highest; ++k) {
    // Products of powers would be off in the last place.
    const std::string text = "1e" + std::to_string(k);
    std::from_chars(text.data(), text.data() + text.size(), powers_[static_cast<std::size_t>(k - lowest)]);
  }
}

}  // namespace matseq
