// A task of one's own: the sum of the diagonal of a square matrix.
#include <matseq/eigen.h>
#include <matseq/matrix_sampler.h>
#include <matseq/register.h>
#include <matseq/scores.h>
#include <matseq/task.h>

class Trace : public matseq::Task {
 public:
  // What the [task] table of the TOML file may hold: the parameters of square random matrices.
  static matseq::ParameterSchema schema() {
    return matseq::MatrixSampler::schema(matseq::MatrixSampler::Shape::square);
  }

  explicit Trace(const matseq::Parameters& parameters) : sampler_(parameters) {}

  bool draw(matseq::RandomStream& random, matseq::Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p);
    sampler_.fill(random, range, example.source.values());
    example.target.resize(1, 1);
    example.target(0, 0) = matseq::view(example.source).trace();
    sampler_.add_noise(random, example.source);
    return true;
  }

  matseq::Score score(const matseq::Example& truth, const matseq::Matrix& hypothesis,
                      double coeff_tolerance) const override {
    return matseq::difference_score(truth, hypothesis, coeff_tolerance);
  }

 private:
  matseq::MatrixSampler sampler_;
};

MATSEQ_REGISTER(Trace, "trace", "1.0.0", "Sum of the diagonal of a square matrix")
