/// \file
/// Figures of runs as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace matseq {

/// One decimal, "93.2"; more where that would make 100 of less or 0 of more: "99.96", "0.04". A dash for what is not a
/// number.
std::string percent_figure(double percent);

/// Four significant digits, "0.006512"; a dash for what is not finite.
std::string short_figure(double number);

/// "1 234 567" with thin spaces of U+202F.
std::string grouped_figure(std::int64_t number);

/// A tolerance as "5%", "0.5%".
std::string tolerance_text(const std::string& tolerance);

}  // namespace matseq
