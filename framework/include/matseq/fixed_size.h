/// \file
/// Runs Eigen code with a size known at compile time where matrices are small.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace matseq {

/// Calls `function` with `std::integral_constant<int, size>` for sizes 2 to 5, so that Eigen unrolls its loops and
/// stays off the heap, and with `Eigen::Dynamic` for any other size:
///
///     with_fixed_size(n, [&](auto size) { Eigen::Matrix<double, size, size> scratch(n, n); ... });
///
/// More sizes would be faster for larger matrices, but every one costs half a minute of compiling where
/// decompositions are instantiated.
/// Which one is called depends on the size alone, so results never depend on the caller.
template <typename Function>
decltype(auto) with_fixed_size(std::size_t size, Function&& function) {
  switch (size) {
    case 2:
      return function(std::integral_constant<int, 2>{});
    case 3:
      return function(std::integral_constant<int, 3>{});
    case 4:
      return function(std::integral_constant<int, 4>{});
    case 5:
      return function(std::integral_constant<int, 5>{});
    default:
      return function(std::integral_constant<int, Eigen::Dynamic>{});
  }
}

}  // namespace matseq
