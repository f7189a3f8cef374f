/// \file
/// Curves as small as a word.
#pragma once

#include <string>
#include <vector>

namespace matseq {

/// A small SVG, which says nothing to screen readers: the numbers stand beside it. Empty for less than two finite
/// values.
std::string svg_sparkline(const std::vector<double>& values, bool logarithmic);

/// At most `width` characters: the mean of equal parts of the values between their smallest and largest, as blocks
/// ("▁▄█") or in ASCII; a space where a part has no finite value. Empty without finite values.
std::string text_sparkline(const std::vector<double>& values, bool logarithmic, std::size_t width, bool ascii);

}  // namespace matseq
