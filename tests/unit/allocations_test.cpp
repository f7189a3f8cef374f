// Drawing examples does not touch the heap once an example's memory has its size.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "make_task.h"

namespace {

thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Replaces the one of the whole program, plugins included. What Eigen takes from malloc itself is not counted.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace matseq {
namespace {

TEST(Allocations, NoneForExamplesOfOneSize) {
  for (const char* name : {"transpose", "matrix_sum", "matrix_vector", "matrix_product", "eigenvalues", "eigenvectors",
                           "invert_matrix", "syminverse", "singularvalues", "singularvectors"}) {
    const auto task = test::make_task(name, {{"generator", std::string("gaussian")}, {"noisy_input", true}});
    Example example = test::draw_example(*task, 0);
    const std::size_t before = allocations;
    for (std::uint64_t number = 1; number < 100; ++number) {
      RandomStream random(random_key(1, "train"), number);
      task->draw(random, example);
    }
    EXPECT_EQ(allocations, before) << name;
    const Matrix copy = example.source;
    EXPECT_GT(allocations, before) << "allocations are not counted";
  }
}

}  // namespace
}  // namespace matseq
