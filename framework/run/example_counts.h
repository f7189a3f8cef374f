/// \file
/// What became of the examples that were drawn: how many were used, how many thrown away, and why.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace matseq {

/// Why a drawn example is thrown away, and another drawn in its place.
enum class Rejection : std::uint8_t {
  refused,          ///< by the task itself
  not_finite,       ///< the target has entries that are not finite
  beyond_limit,     ///< the target reaches the output encoding's limit
  source_too_long,  ///< it has data.max_len tokens or more
  target_too_long,  ///< likewise
};
inline constexpr std::size_t rejection_kinds = 5;

/// As metrics and states call it: "source_too_long".
const char* to_string(Rejection reason);

/// Counts over some examples. Sums of them do not depend on who counted what.
struct ExampleCounts {
  using ByReason = std::array<std::uint64_t, rejection_kinds>;

  std::uint64_t examples = 0;              ///< that were used
  std::uint64_t sources_out_of_range = 0;  ///< of these, with an input that the input encoding cannot write as a number
  std::uint64_t targets_not_decodable = 0;   ///< of these, with more tokens than evaluation.max_output_len
  std::map<std::string, ByReason> rejected;  ///< draws that were thrown away, by class

  void add(const ExampleCounts& other);
  void reject(const std::string& category, Rejection reason);
  /// How many draws were thrown away for this reason.
  std::uint64_t rejections(Rejection reason) const;
  std::uint64_t rejections() const;

  bool operator==(const ExampleCounts&) const = default;
};

/// {"examples", "rejected", "sources_out_of_range", "targets_not_decodable", "classes": {"3-3": {"source_too_long":
/// 5}}}; "rejected" is the sum over all classes and reasons, of which only those that occurred are listed.
nlohmann::ordered_json to_json(const ExampleCounts& counts);

/// Throws nlohmann::json::exception for what `to_json` did not write.
ExampleCounts example_counts_from_json(const nlohmann::json& json);

}  // namespace matseq
