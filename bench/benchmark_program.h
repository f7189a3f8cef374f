/// \file
/// What the benchmark programs share: they register their benchmarks at run time, so that whatever is missing for them
/// is an error of the program, and report rates in one way.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>

namespace matseq::bench {

/// Each program has its own: registers what it measures. Throws Error when plugins or configurations are missing.
void register_benchmarks();

/// Reports how many `things` are done a second and how long each takes, at so many an iteration.
inline void report(benchmark::State& state, const std::string& things, std::size_t an_iteration) {
  using benchmark::Counter;
  const double count = static_cast<double>(state.iterations()) * static_cast<double>(an_iteration);
  state.counters[things] = Counter(count, Counter::kIsRate);
  state.counters["each"] = Counter(count, Counter::kIsRate | Counter::kInvert);
}

}  // namespace matseq::bench
