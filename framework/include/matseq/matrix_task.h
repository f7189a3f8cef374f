/// \file
/// Tasks of the usual kind: a random matrix, and an answer that is computed from it (spec section 1).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "matseq/export.h"
#include "matseq/matrix_sampler.h"
#include "matseq/parameters.h"
#include "matseq/random_stream.h"
#include "matseq/symmetric_sampler.h"
#include "matseq/task.h"

namespace matseq {

/// Draws an input, has it solved, and adds noise to it. A task of this kind says how to solve, and perhaps how to
/// score.
class MATSEQ_API MatrixTask : public Task {
 public:
  bool draw(RandomStream& random, Example& example) const final;

  /// By E = hypothesis - target (`difference_score`), unless a task judges otherwise.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override;

  /// Solves what has a shape and kind that might be drawn with other parameters.
  bool answer(Example& example) const override;

  /// Sizes, kinds and ranges that the parameters exclude or make practically impossible.
  std::vector<std::string> unfamiliar(const Example& example) const override;

 protected:
  /// Gives the target its shape and the answer to `source`, which has no noise yet. False: there is none, or none that
  /// is accurate; another input will be drawn.
  virtual bool solve(const Matrix& source, Matrix& target) const = 0;

 private:
  virtual bool draw_source(RandomStream& random, Matrix& source) const = 0;
  virtual void add_noise(RandomStream& random, Matrix& source) const = 0;
  /// Whether `solve` can take it, whose entries are finite, for its shape and kind. A task that does not say answers
  /// nothing.
  virtual bool can_solve(const Matrix& /*source*/) const { return false; }
  virtual std::vector<std::string> unfamiliar_source(const Matrix& /*source*/) const { return {}; }
};

/// A task whose input has independent coefficients.
class MATSEQ_API RandomMatrixTask : public MatrixTask {
 public:
  /// The parameters of rectangular inputs.
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::rectangular); }

  explicit RandomMatrixTask(const Parameters& parameters) : sampler_(parameters) {}

 protected:
  struct InputShape {
    std::size_t rows = 0;
    std::size_t columns = 0;
  };

  /// The input's shape for the dimensions n and p that are drawn: n x p unless a task says otherwise.
  virtual InputShape input_shape(std::size_t n, std::size_t p) const { return {n, p}; }

 private:
  bool draw_source(RandomStream& random, Matrix& source) const override;
  void add_noise(RandomStream& random, Matrix& source) const override { sampler_.add_noise(random, source); }
  bool can_solve(const Matrix& source) const override;
  std::vector<std::string> unfamiliar_source(const Matrix& source) const override;
  std::string drawn_shapes() const;

  MatrixSampler sampler_;
};

/// A task whose input is a square matrix of independent coefficients, or made of one.
class MATSEQ_API SquareMatrixTask : public RandomMatrixTask {
 public:
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::square); }

  using RandomMatrixTask::RandomMatrixTask;
};

/// A task whose input is symmetric, with eigenvalues of a chosen distribution.
class MATSEQ_API SymmetricMatrixTask : public MatrixTask {
 public:
  static ParameterSchema schema() { return SymmetricSampler::schema(); }

  explicit SymmetricMatrixTask(const Parameters& parameters) : sampler_(parameters) {}

 private:
  bool draw_source(RandomStream& random, Matrix& source) const override { return sampler_.draw(random, source); }
  void add_noise(RandomStream& random, Matrix& source) const override { sampler_.add_noise(random, source); }
  bool can_solve(const Matrix& source) const override { return sampler_.is_symmetric(source); }
  std::vector<std::string> unfamiliar_source(const Matrix& source) const override {
    return sampler_.unfamiliar(source);
  }

  SymmetricSampler sampler_;
};

}  // namespace matseq
