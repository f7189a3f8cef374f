/// \file
/// Scratch memory that stays off the heap for small matrices.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace matseq {

/// `size` uninitialised elements, on the stack up to `inline_size` of them.
template <typename Element, std::size_t inline_size>
class Scratch {
 public:
  explicit Scratch(std::size_t size) {  // NOLINT(cppcoreguidelines-pro-type-member-init): uninitialised on purpose
    if (size > inline_size) heap_.resize(size);
  }
  Element* data() { return heap_.empty() ? inline_.data() : heap_.data(); }
  Element& operator[](std::size_t index) { return data()[index]; }

 private:
  std::array<Element, inline_size> inline_;
  std::vector<Element> heap_;
};

}  // namespace matseq
