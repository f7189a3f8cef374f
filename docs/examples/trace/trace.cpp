// The trace of a square matrix, times a factor: a task outside of matseq's own tree.
#include <matseq/eigen.h>
#include <matseq/matrix_sampler.h>
#include <matseq/register.h>
#include <matseq/scores.h>
#include <matseq/task.h>

namespace {

class Trace : public matseq::Task {
 public:
  static matseq::ParameterSchema schema() {
    matseq::ParameterSchema schema = matseq::MatrixSampler::schema(matseq::MatrixSampler::Shape::square);
    schema.push_back(matseq::Parameter::real("factor", 1.0, "multiplies the trace").at_least(-100).at_most(100));
    return schema;
  }

  explicit Trace(const matseq::Parameters& parameters) : sampler_(parameters), factor_(parameters.real("factor")) {}

  bool draw(matseq::RandomStream& random, matseq::Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p);
    sampler_.fill(random, range, example.source.values());
    example.target.resize(1, 1);
    example.target(0, 0) = factor_ * matseq::view(example.source).trace();
    sampler_.add_noise(random, example.source);
    return true;
  }

  matseq::Score score(const matseq::Example& truth, const matseq::Matrix& hypothesis,
                      double coeff_tolerance) const override {
    return matseq::difference_score(truth, hypothesis, coeff_tolerance);
  }

 private:
  matseq::MatrixSampler sampler_;
  double factor_;
};

}  // namespace

MATSEQ_REGISTER(Trace, "trace", "1.0.0", "Sum of the diagonal of a square matrix")
