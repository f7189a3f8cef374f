// A task that breaks its contract in the way that its parameter names.
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "matseq/error.h"
#include "matseq/measures.h"
#include "matseq/register.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class WrongMeasures : public Measures {
 public:
  explicit WrongMeasures(std::string fault) : fault_(std::move(fault)) {}
  std::vector<Property> properties() const override { return {{"weight", "in grams"}}; }
  void check(const Example& /*truth*/) const override {}
  std::vector<double> deviations(const Example& /*truth*/, const Matrix& /*hypothesis*/) const override {
    if (fault_ == "deviations_throw") throw 42;
    if (fault_ == "deviations_missing") return {};
    return {fault_ == "deviation_negative" ? -1.0 : 0.0};
  }

 private:
  std::string fault_;
};

class WrongTask : public Task {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  explicit WrongTask(const Parameters& parameters) : fault_(parameters.text("fault")) {
    if (fault_ == "constructor_throws") {
      throw std::runtime_error("no fuel\nException raised from start at engine.cpp:7\nframe #0: start() + 0x1f");
    }
  }

  bool draw(RandomStream& random, Example& example) const override {
    if (fault_ == "draw_throws") throw std::runtime_error("no\nfuel");
    if (fault_ == "draw_throws_number") throw 42;
    if (fault_ == "draw_throws_error") throw Error("fill it up");
    if (fault_ == "draw_needs_memory") throw std::bad_alloc();
    example.source.resize(2, 2);
    for (double& value : example.source.values()) value = random.unit();
    example.target = example.source;
    if (fault_ == "no_input") example.source.resize(0, 3);
    if (fault_ == "target_moved_away") [[maybe_unused]]
      const Matrix taken = std::move(example.target);
    if (fault_ == "too_large") example.target.resize(std::size_t{1} << 32U, std::size_t{1} << 32U);
    if (fault_ == "code_without_codes") example.code = 0;
    if (has_codes()) example.code = fault_ == "code_too_large" ? 2 : 1;
    if (fault_ == "no_code") example.code = Example::no_code;
    return true;
  }

  Score score(const Example& /*truth*/, const Matrix& /*hypothesis*/, double /*coeff_tolerance*/) const override {
    Score score{.valid = true, .max = 0.1, .d1 = 0.1, .d2 = 0.1, .share = 0.5};
    if (fault_ == "score_throws_number") throw 42;
    if (fault_ == "share_of_7") score.share = 7;
    if (fault_ == "share_not_a_number") score.share = std::nan("");
    if (fault_ == "negative_error") score.d1 = -1;
    if (fault_ == "error_not_a_number") score.max = std::nan("");
    if (fault_ == "invalid_score") score = {.valid = false, .max = -1, .d1 = -1, .d2 = -1, .share = -1};
    if (fault_ == "infinite_error") score.d2 = std::numeric_limits<double>::infinity();
    return score;
  }

  std::vector<std::string> codes() const override {
    if (fault_ == "code_twice") return {"X", "X"};
    if (fault_ == "code_with_blank") return {"X", "Y Z"};
    if (fault_ == "codes_throw") throw std::runtime_error("no fuel");
    return has_codes() ? std::vector<std::string>{"X", "Y"} : std::vector<std::string>{};
  }

  std::string category(const Example& example) const override {
    if (fault_ == "no_category") return "";
    if (fault_ == "unprintable_category") return "a\n";
    if (fault_ == "category_throws") throw std::runtime_error("no fuel");
    return Task::category(example);
  }

  bool answer(Example& example) const override {
    if (fault_ == "answer_throws") throw std::runtime_error("no fuel");
    example.target.resize(fault_ == "answer_without_rows" ? 0 : 1, 2);
    return fault_ != "no_answer";
  }

  std::vector<std::string> unfamiliar(const Example& /*example*/) const override {
    if (fault_ == "unfamiliar_throws") throw 42;
    return std::vector<std::string>(fault_ == "too_many_differences" ? 101 : 1, "it is odd");
  }

  std::unique_ptr<const Measures> measures() const override {
    if (fault_ == "measures_throw") throw std::runtime_error("no fuel");
    return fault_.starts_with("deviation") ? std::make_unique<WrongMeasures>(fault_) : nullptr;
  }

 private:
  bool has_codes() const { return fault_ == "code_too_large" || fault_ == "no_code" || fault_ == "right_codes"; }

  std::string fault_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::WrongTask, "wrong", "1.2.3", "A task for tests")
