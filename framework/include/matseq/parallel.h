/// \file
/// Loops on LibTorch's own threads.
#pragma once

#include <ATen/TensorIterator.h>
#include <ATen/ops/arange.h>

#include <cstdint>

#include "matseq/tensor.h"

namespace matseq {

/// Calls `work(i)` for i = 0, ..., count - 1, on the threads of torch::get_num_threads(), in any order.
///
/// at::parallel_for is a template that silently runs on one thread unless the caller is compiled with the OpenMP
/// that LibTorch was compiled with, and then may bring a second pool of threads. The loop of a TensorIterator is
/// compiled inside LibTorch; so this iterates over a tensor of indices.
template <typename Work>
void parallel_for_each(std::int64_t count, const Work& work) {
  if (count == 0) return;
  at::Tensor indices = at::arange(count);
  at::TensorIterator iterator = at::TensorIterator::nullary_op(indices);
  iterator.for_each(
      [&work](char** data, const std::int64_t* strides, std::int64_t size) {
        for (std::int64_t i = 0; i < size; ++i) {
          work(*reinterpret_cast<const std::int64_t*>(data[0] + i * strides[0]));
        }
      },
      /*grain_size=*/1);
}

}  // namespace matseq
