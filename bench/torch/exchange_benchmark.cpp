// How long ranks take to add up their gradients: threads of this process, which speak as processes of one machine do.
// bytes_per_second counts what each rank sends.
#include <memory>
#include <thread>
#include <vector>

#include "benchmark_program.h"
#include "distributed/network_address.h"
#include "distributed/tensors/process_groups.h"

namespace matseq::bench {
namespace {

/// All ranks but the first, which is the benchmark's own thread.
class Others {
 public:
  Others(std::size_t size, std::int64_t floats) : port_(free_port()) {
    for (std::size_t rank = 1; rank < size; ++rank) {
      threads_.emplace_back([this, rank, size, floats] {
        const std::unique_ptr<Communicator> ranks = join(rank, size);
        const torch::Tensor gradient = torch::ones({floats});
        while (ranks->sum({0})[0] == 0) ranks->add_up({gradient.fill_(1)});
      });
    }
  }
  ~Others() {
    for (std::thread& thread : threads_) thread.join();
  }

  std::unique_ptr<Communicator> join(std::size_t rank, std::size_t size) const {
    RankPlace place;
    place.rank = rank;
    place.size = place.local_size = size;
    place.address = "127.0.0.1";
    place.port = port_;
    return meet(place, std::chrono::seconds(60));
  }

 private:
  std::uint16_t port_;
  std::vector<std::thread> threads_;
};

void add_up(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::int64_t floats = state.range(1);
  const Others others(size, floats);
  const std::unique_ptr<Communicator> ranks = others.join(0, size);
  const torch::Tensor gradient = torch::ones({floats});
  for ([[maybe_unused]] auto _ : state) {
    ranks->sum({0});
    ranks->add_up({gradient.fill_(1)});
  }
  ranks->sum({1});
  const double sent = 2.0 * static_cast<double>(size - 1) / static_cast<double>(size) * 4 * static_cast<double>(floats);
  state.SetBytesProcessed(static_cast<std::int64_t>(sent * static_cast<double>(state.iterations())));
}

}  // namespace

void register_benchmarks() {
  benchmark::RegisterBenchmark("add_up", add_up)
      ->ArgNames({"ranks", "floats"})
      ->ArgsProduct({{2, 4}, {1 << 10, 1 << 18, 1 << 20, 1 << 23}})
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace matseq::bench
