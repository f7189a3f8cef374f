#include "products.h"

#include <dlfcn.h>

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "matseq/error.h"

namespace matseq::cpu {

namespace {

// Of row-major matrices, C = alpha op(A) op(B) + beta C; op is chosen by 'N' or 'T'. Returns 0 on success.
template <typename Number>
using OneDnnProduct = int (*)(char op_a, char op_b, std::int64_t rows, std::int64_t columns, std::int64_t inner,
                              float alpha, const Number* a, std::int64_t row_length_a, const Number* b,
                              std::int64_t row_length_b, float beta, float* c, std::int64_t row_length_c);

// LibTorch brings them along, but does not declare them. Null where the loaded LibTorch does not export them.
template <typename Number>
OneDnnProduct<Number> onednn() {
  constexpr const char* name = std::is_same_v<Number, float> ? "dnnl_sgemm" : "dnnl_gemm_bf16bf16f32";
  static const auto found = reinterpret_cast<OneDnnProduct<Number>>(dlsym(RTLD_DEFAULT, name));
  return found;
}

// The BLAS's, of column-major matrices.
using BlasSgemm = void (*)(const char* op_a, const char* op_b, const int* rows, const int* columns, const int* inner,
                           const float* alpha, const float* a, const int* column_length_a, const float* b,
                           const int* column_length_b, const float* beta, float* c, const int* column_length_c);

// Of the loaded LibTorch's BLAS, which its headers do not declare.
BlasSgemm blas() {
  static const auto found = reinterpret_cast<BlasSgemm>(dlsym(RTLD_DEFAULT, "sgemm_"));
  return found;
}

enum class Order : char { plain = 'N', transposed = 'T' };

struct Operands {
  Order op_a;
  Order op_b;
  std::int64_t row_length_a;
  std::int64_t row_length_b;
};

bool fits_int(const ProductShape& shape) {
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  return shape.rows <= most && shape.columns <= most && shape.inner <= most;
}

template <typename Number>
void by_onednn(const ProductShape& shape, const Operands& operands, const Number* a, const Number* b, float beta,
               float* c) {
  const int status =
      onednn<Number>()(static_cast<char>(operands.op_a), static_cast<char>(operands.op_b), shape.rows, shape.columns,
                       shape.inner, 1, a, operands.row_length_a, b, operands.row_length_b, beta, c, shape.columns);
  if (status != 0) throw Error("oneDNN's matrix product failed with status " + std::to_string(status));
}

// C^T = op(B)^T op(A)^T: a row-major matrix is a column-major one transposed.
void by_blas(const ProductShape& shape, const Operands& operands, const float* a, const float* b, float beta,
             float* c) {
  const char op_a = static_cast<char>(operands.op_a), op_b = static_cast<char>(operands.op_b);
  const auto rows = static_cast<int>(shape.rows), columns = static_cast<int>(shape.columns),
             inner = static_cast<int>(shape.inner), row_length_a = static_cast<int>(operands.row_length_a),
             row_length_b = static_cast<int>(operands.row_length_b);
  const float alpha = 1;
  blas()(&op_b, &op_a, &columns, &rows, &inner, &alpha, b, &row_length_b, a, &row_length_a, &beta, c, &columns);
}

void by_eigen(const ProductShape& shape, const Operands& operands, const float* a, const float* b, float beta,
              float* c) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Input = Eigen::Map<const Matrix>;
  using SpacedInput = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
  Eigen::Map<Matrix> result(c, shape.rows, shape.columns);
  if (beta == 0) result.setZero();
  if (operands.op_a == Order::transposed) {
    const SpacedInput columns(a, shape.inner, shape.rows, Eigen::OuterStride<>(operands.row_length_a));
    result.noalias() += columns.transpose() * Input(b, shape.inner, shape.columns);
  } else if (operands.op_b == Order::transposed) {
    result.noalias() += Input(a, shape.rows, shape.inner) * Input(b, shape.columns, shape.inner).transpose();
  } else {
    result.noalias() += Input(a, shape.rows, shape.inner) * Input(b, shape.inner, shape.columns);
  }
}

float factor(Accumulate accumulate) { return accumulate == Accumulate::yes ? 1.0F : 0.0F; }

#if defined(__x86_64__)
bool processor_has_avx512() { return __builtin_cpu_supports("avx512f"); }
bool processor_has_bfloat16() { return __builtin_cpu_supports("avx512bf16"); }
#else
bool processor_has_avx512() { return false; }
bool processor_has_bfloat16() { return false; }
#endif

// oneDNN is the faster one at small matrices; without AVX-512, not with a transposed first operand whose rows are long.
void product(const ProductShape& shape, const Operands& operands, const float* a, const float* b, float beta,
             float* c) {
  if (shape.rows == 0 || shape.columns == 0) return;
  static const bool has_avx512 = processor_has_avx512();
  const bool prefers_blas = (operands.op_a == Order::transposed && !has_avx512) || onednn<float>() == nullptr;
  if (prefers_blas && blas() != nullptr && fits_int(shape)) {
    by_blas(shape, operands, a, b, beta, c);
  } else if (onednn<float>() != nullptr) {
    by_onednn(shape, operands, a, b, beta, c);
  } else {
    by_eigen(shape, operands, a, b, beta, c);
  }
}

// In bfloat16 there is no other product that is fast.
void product(const ProductShape& shape, const Operands& operands, const BFloat16* a, const BFloat16* b, float beta,
             float* c) {
  if (shape.rows == 0 || shape.columns == 0) return;
  if (onednn<BFloat16>() != nullptr) {
    by_onednn(shape, operands, a, b, beta, c);
    return;
  }
  const auto widened = [](const BFloat16* numbers, std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    std::transform(numbers, numbers + count, values.begin(), to_float);
    return values;
  };
  const std::int64_t rows_of_a = operands.op_a == Order::transposed ? shape.inner : shape.rows;
  const std::int64_t row_of_a = operands.op_a == Order::transposed ? shape.rows : shape.inner;
  const std::int64_t size_of_a = rows_of_a == 0 ? 0 : (rows_of_a - 1) * operands.row_length_a + row_of_a;
  by_eigen(shape, operands, widened(a, size_of_a).data(), widened(b, shape.columns * shape.inner).data(), beta, c);
}

template <typename Number>
void product_with_transposed(const ProductShape& shape, const Number* a, const Number* b, float* c,
                             Accumulate accumulate) {
  product(shape, {Order::plain, Order::transposed, shape.inner, shape.inner}, a, b, factor(accumulate), c);
}

template <typename Number>
void plain_product(const ProductShape& shape, const Number* a, const Number* b, float* c, Accumulate accumulate) {
  product(shape, {Order::plain, Order::plain, shape.inner, shape.columns}, a, b, factor(accumulate), c);
}

template <typename Number>
void product_of_transposed(const ProductShape& shape, const Number* a, std::int64_t a_row, const Number* b, float* c,
                           Accumulate accumulate) {
  product(shape, {Order::transposed, Order::plain, a_row, shape.columns}, a, b, factor(accumulate), c);
}

}  // namespace

bool has_onednn_products() { return onednn<float>() != nullptr; }

bool has_bfloat16_products() { return onednn<BFloat16>() != nullptr && processor_has_bfloat16(); }

void multiply_transposed(const ProductShape& shape, const float* a, const float* b, float* c, Accumulate accumulate) {
  product_with_transposed(shape, a, b, c, accumulate);
}

void multiply_transposed(const ProductShape& shape, const BFloat16* a, const BFloat16* b, float* c,
                         Accumulate accumulate) {
  product_with_transposed(shape, a, b, c, accumulate);
}

void multiply(const ProductShape& shape, const float* a, const float* b, float* c, Accumulate accumulate) {
  plain_product(shape, a, b, c, accumulate);
}

void multiply(const ProductShape& shape, const BFloat16* a, const BFloat16* b, float* c, Accumulate accumulate) {
  plain_product(shape, a, b, c, accumulate);
}

void multiply_first_transposed(const ProductShape& shape, const float* a, std::int64_t a_row, const float* b, float* c,
                               Accumulate accumulate) {
  product_of_transposed(shape, a, a_row, b, c, accumulate);
}

void multiply_first_transposed(const ProductShape& shape, const BFloat16* a, std::int64_t a_row, const BFloat16* b,
                               float* c, Accumulate accumulate) {
  product_of_transposed(shape, a, a_row, b, c, accumulate);
}

}  // namespace matseq::cpu
