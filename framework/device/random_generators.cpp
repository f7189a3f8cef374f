#include "device/random_generators.h"

#include <mutex>

namespace matseq {
namespace {

void seed_generator(torch::Generator generator, std::uint64_t seed) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(seed);
}

}  // namespace

void seed_generators(const torch::Device& device, std::uint64_t seed) {
  seed_generator(at::detail::getDefaultCPUGenerator(), seed);
  if (!device.is_cpu()) seed_generator(at::globalContext().defaultGenerator(device), seed);
}

}  // namespace matseq
