/// \file
/// How plugins are tried: by several threads at once, and for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace matseq {

/// Calls `body(0)`, ..., `body(3)` at once, each on a thread of its own, again and again for a quarter of a second.
/// Throws the first exception of any.
void try_threads(const std::function<void(std::size_t)>& body);

/// Calls `work(0)`, `work(1)`, ... for a fifth of a second; returns how many times a second it does `each` things,
/// "12,300 draws/s".
std::string throughput(const std::string& things, double each, const std::function<void(std::size_t)>& work);

}  // namespace matseq
