// A task that is right unless a macro makes it wrong.
#include <stdexcept>

#include "matseq/register.h"
#include "matseq/task.h"

#ifndef DEFAULT_STEPS
#define DEFAULT_STEPS 3
#endif
#ifndef SECOND_PARAMETER
#define SECOND_PARAMETER "speed"
#endif

namespace matseq {
namespace {

class Trial : public Task {
 public:
  static ParameterSchema schema() {
    return {Parameter::integer("steps", DEFAULT_STEPS, "number of steps").at_least(1),
            Parameter::real(SECOND_PARAMETER, 0.5, "how fast")};
  }

  explicit Trial([[maybe_unused]] const Parameters& parameters) {
#ifdef THROWN
    throw THROWN;
#endif
  }

  bool draw(RandomStream& random, Example& example) const override {
    example.source.resize(1, 1);
    example.source(0, 0) = random.unit();
    example.target = example.source;
    return true;
  }

  Score score(const Example& /*truth*/, const Matrix& /*hypothesis*/, double /*coeff_tolerance*/) const override {
    return {};
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Trial, "trial", "1.2.3", "A plugin for tests")
