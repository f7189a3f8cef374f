/// \file
/// Doubles as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace matseq {

/// Reads a double as C does ("1", "+.5", "-1e-3", "0x1p-3", "inf", "nan"); blanks around it are allowed. Too large a
/// number is infinite, too small a one zero or subnormal. None when it is anything else.
std::optional<double> parse_number(std::string_view text);

/// Appends the fewest digits that read back as the same double; "nan", "inf" or "-inf" for what is not finite.
void append_number(double number, std::string& text);

}  // namespace matseq
