/// \file
/// Runs a program's benchmarks in a process that is set up as that of matseq is.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "benchmark_program.h"
#include "process_memory.h"
#include "thread_waiting.h"

namespace {

bool waiting_is_chosen() { return std::getenv("OMP_WAIT_POLICY") != nullptr; }

/// A program that links LibTorch has loaded OpenMP before main, too early to tell it how to wait; so it begins anew.
void choose_waiting(char** arguments) {
  if (waiting_is_chosen()) return;
  matseq::let_idle_threads_sleep();
  if (waiting_is_chosen()) execv("/proc/self/exe", arguments);
}

}  // namespace

int main(int count, char** arguments) {
  choose_waiting(arguments);
  matseq::keep_freed_memory();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return EXIT_FAILURE;
  try {
    matseq::bench::register_benchmarks();
    return benchmark::RunSpecifiedBenchmarks() > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
    return EXIT_FAILURE;
  }
}
