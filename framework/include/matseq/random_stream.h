/// \file
/// Random numbers that are a pure function of (seed, data set, example).
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

#include "matseq/export.h"

namespace matseq {

/// The key of one data set's random numbers: `seed` is the experiment's, `data_set` its name
/// ("train", "valid", the name of a further test set).
MATSEQ_API std::uint64_t random_key(std::uint64_t seed, std::string_view data_set);

/// The random numbers of one example: a Philox 4x32-10 counter-based stream (Salmon et al., SC 2011, by
/// the Random123 library) with key (seed, data set) and counter (example, block). Copies continue alike.
class RandomStream {
 public:
  /// The stream of example number `example` of the data set with this key.
  RandomStream(std::uint64_t key, std::uint64_t example)
      : key_{{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}}, example_(example) {}

  /// 64 random bits.
  std::uint64_t bits() {
    if (next_ == words_.size()) refill();
    return words_[next_++];
  }

  /// Uniform on [0, 1), a multiple of 2^-53.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Uniform on [low, high).
  double uniform(double low, double high) { return low + (high - low) * unit(); }

  /// Uniform integer in [low, high], both ends included; low <= high.
  std::int64_t integer(std::int64_t low, std::int64_t high) {
    const auto count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    if (count == 0) return static_cast<std::int64_t>(bits());  // the whole range of int64
    // Lemire's multiply-shift with rejection: unbiased, one multiplication in the common case.
    __extension__ using Wide = unsigned __int128;
    auto product = static_cast<Wide>(bits()) * count;
    if (static_cast<std::uint64_t>(product) < count) {
      const std::uint64_t threshold = (0 - count) % count;
      while (static_cast<std::uint64_t>(product) < threshold) {
        product = static_cast<Wide>(bits()) * count;
      }
    }
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + static_cast<std::uint64_t>(product >> 64));
  }

  /// Normal with this mean and standard deviation (Box-Muller; the second value of a pair is kept).
  double normal(double mean, double deviation) {
    if (has_spare_) {
      has_spare_ = false;
      return mean + deviation * spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
    const double angle = 2.0 * std::numbers::pi * unit();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return mean + deviation * radius * std::cos(angle);
  }

  /// Laplace with this mean and scale (density exp(-|x - mean| / scale) / (2 scale)), by inversion.
  double laplace(double mean, double scale) {
    const double centred = unit() - 0.5;
    const double tail = 1.0 - 2.0 * std::abs(centred);  // in (0, 1], except for 0 once in 2^53
    return mean - std::copysign(scale, centred) * std::log(tail > 0 ? tail : 0x1p-54);
  }

 private:
  static constexpr std::size_t blocks_per_refill = 8;  // independent blocks, so that they vectorise

  void refill() {
    for (std::size_t block = 0; block < blocks_per_refill; ++block) {
      const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(example_),
                                                static_cast<std::uint32_t>(example_ >> 32),
                                                static_cast<std::uint32_t>(block_ + block), 0}};
      const auto random = r123::Philox4x32{}(counter, key_);
      words_[2 * block] = random[0] | static_cast<std::uint64_t>(random[1]) << 32;
      words_[2 * block + 1] = random[2] | static_cast<std::uint64_t>(random[3]) << 32;
    }
    block_ += blocks_per_refill;
    next_ = 0;
  }

  r123::Philox4x32::key_type key_;
  std::uint64_t example_;
  std::uint32_t block_ = 0;
  std::array<std::uint64_t, 2 * blocks_per_refill> words_{};
  std::size_t next_ = words_.size();
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace matseq
