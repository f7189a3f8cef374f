#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "contracts/contracts.h"
#include "contracts/trials.h"
#include "matseq/random_stream.h"
#include "matseq/task.h"

namespace matseq {
namespace {

constexpr std::size_t draw_count = 100;
constexpr double coeff_tolerance = 0.01;
constexpr double nearly_zero = 1e-6;  ///< what rounding may leave of an error that is zero

/// What came of one stream. Of a draw that the task rejects only that counts.
struct Draw {
  bool accepted = false;
  Example example;
};

/// With all bits, also of what is not a number.
bool same(const Matrix& one, const Matrix& other) {
  return one.rows() == other.rows() && one.columns() == other.columns() &&
         std::memcmp(one.data(), other.data(), one.size() * sizeof(double)) == 0;
}

bool same(const Draw& one, const Draw& other) {
  if (one.accepted != other.accepted) return false;
  return !one.accepted || (one.example.code == other.example.code && same(one.example.source, other.example.source) &&
                           same(one.example.target, other.example.target));
}

/// `left` is what an earlier draw may have left behind.
Draw draw(const Task& task, std::size_t number, Example left = {}) {
  RandomStream random(random_key(1, "train"), number);
  Draw drawn{.example = std::move(left)};
  drawn.accepted = task.draw(random, drawn.example);
  return drawn;
}

std::vector<Draw> draw_all(const Task& task) {
  std::vector<Draw> draws;
  for (std::size_t number = 0; number < draw_count; ++number) draws.push_back(draw(task, number));
  return draws;
}

std::string text_of(const Matrix& matrix) {
  return fmt::format("{} x {} ({:.9g}{})", matrix.rows(), matrix.columns(), matrix(0, 0),
                     matrix.size() > 1 ? ", ..." : "");
}

std::string text_of(const Draw& drawn) {
  if (!drawn.accepted) return "a rejected draw";
  return fmt::format("the input {} with the target {}", text_of(drawn.example.source), text_of(drawn.example.target));
}

void require_same(std::size_t number, const Draw& expected, const Draw& found, const char* when) {
  if (same(expected, found)) return;
  broken("stream {} gave {}, and {} {}; draw() takes all randomness from its stream and keeps no state", number,
         text_of(expected), when, text_of(found));
}

bool all_finite(const Matrix& matrix) {
  return std::ranges::all_of(matrix.values(), [](double value) { return std::isfinite(value); });
}

std::string text_of(const Score& score) {
  if (!score.valid) return "an invalid score";
  return fmt::format("max = {}, d1 = {}, d2 = {}, share = {}", score.max, score.d1, score.d2, score.share);
}

/// The share of right coefficients is not looked at: where the reference is 0, rounding alone can make one wrong.
bool perfect(const Score& score) {
  return score.valid && score.max <= nearly_zero && score.d1 <= nearly_zero && score.d2 <= nearly_zero;
}

/// The checks of one task, of which it has made objects and draws.
class TaskContract {
 public:
  TaskContract(ContractList& list, const CheckedPlugin& plugin) : list_(list), plugin_(plugin) {}

  void check() {
    const bool drawn = list_.check("shapes and codes", [&] {
      task_ = make(plugin_.table);
      draws_ = draw_all(*task_);
      return count_draws();
    });
    if (!drawn) return;
    list_.check("finite values", [&] { return check_finite(); });
    list_.check("same draws for the same stream", [&] { return check_repetition(); });
    list_.check("its defaults written out mean the same", [&] { return check_defaults(); });
    list_.check("threads", [&] { return check_threads(); });
    list_.check("score of the truth is zero", [&] { return check_truth(); });
    list_.check("scores of wrong answers", [&] { return check_wrong_answers(); });
    list_.check("measures of the truth", [&] { return check_measures(); });
    list_.check("throughput",
                [&] { return throughput("draws", 1, [&](std::size_t number) { draw(*task_, number); }); });
  }

 private:
  std::unique_ptr<const Task> make(const ParameterTable& table) const {
    return plugin_.loader.make_task(plugin_.library.name, table);
  }

  template <typename Action>
  void for_each_accepted(const Action& action) const {
    for (std::size_t number = 0; number < draws_.size(); ++number) {
      if (draws_[number].accepted) action(number, draws_[number].example);
    }
  }

  std::string count_draws() const {
    std::map<std::string, std::size_t> categories;
    for_each_accepted([&](std::size_t, const Example& example) { ++categories[task_->category(example)]; });
    const auto accepted = static_cast<std::size_t>(std::ranges::count_if(draws_, &Draw::accepted));
    if (accepted == 0)
      broken("draw() rejected each of {} streams; it returns true for those that give an example", draw_count);
    return fmt::format("{} draws, {} rejected, {} {}", draw_count, draw_count - accepted, categories.size(),
                       categories.size() == 1 ? "category" : "categories");
  }

  std::string check_finite() const {
    std::size_t finite_targets = 0;
    for_each_accepted([&](std::size_t number, const Example& example) {
      if (!all_finite(example.source)) broken("stream {} gave an input that is not finite; every entry is", number);
      if (all_finite(example.target)) ++finite_targets;
    });
    if (finite_targets == 0)
      broken(
          "no target is finite: every example would be thrown away; return false from draw() "
          "where there is no answer");
    return fmt::format("{} finite targets", finite_targets);
  }

  std::string check_repetition() const {
    bool differ = false;
    Example left;
    left.target = Matrix(3, 7);
    std::ranges::fill(left.target.values(), std::numeric_limits<double>::quiet_NaN());
    const std::unique_ptr<const Task> other = make(plugin_.table);
    for (std::size_t number = draws_.size(); number-- > 0;) {
      require_same(number, draws_[number], draw(*task_, number), "then again");
      require_same(number, draws_[number], draw(*task_, number, left), "where an earlier target was left behind");
      require_same(number, draws_[number], draw(*other, number), "from another object of the same parameters");
      differ = differ || !same(draws_[number], draws_[0]);
    }
    if (!differ) broken("all of {} streams gave the same example; draw() draws it from its stream", draw_count);
    return fmt::format("{} streams, four times each", draw_count);
  }

  std::string check_defaults() const {
    const std::unique_ptr<const Task> other = make(plugin_.complete_table());
    for (std::size_t number = 0; number < draws_.size(); ++number) {
      require_same(number, draws_[number], draw(*other, number), "with every default given");
    }
    return "as a run's config.toml has them";
  }

  std::string check_threads() const {
    try_threads([&](std::size_t thread) {
      for (std::size_t i = 0; i < draws_.size(); ++i) {
        const std::size_t number = (i + thread * draws_.size() / 4) % draws_.size();
        require_same(number, draws_[number], draw(*task_, number), "while other threads drew, too,");
      }
    });
    return "four threads drew the same";
  }

  Score score(const Example& truth, const Matrix& hypothesis) const {
    return task_->score(truth, hypothesis, coeff_tolerance);
  }

  std::string check_truth() const {
    std::size_t count = 0;
    for_each_accepted([&](std::size_t number, const Example& example) {
      if (!all_finite(example.target)) return;
      const Score found = score(example, example.target);
      if (!perfect(found))
        broken("the target of stream {} as the answer gets {}; right are errors of 0", number, text_of(found));
      ++count;
    });
    return fmt::format("{} targets", count);
  }

  std::string check_wrong_answers() const {
    bool noticed = false;
    for_each_accepted([&](std::size_t number, const Example& example) {
      Matrix hypothesis = example.target;
      for (double& value : hypothesis.values()) value += 1 + std::abs(value);
      noticed = noticed || !perfect(score(example, hypothesis));
      hypothesis(0, 0) = std::numeric_limits<double>::infinity();
      require_bad(number, "an answer with an infinite entry", score(example, hypothesis));
      require_bad(number, "an answer with a row too many",
                  score(example, Matrix(example.target.rows() + 1, example.target.columns())));
      require_bad(number, "an empty answer", score(example, Matrix()));
    });
    if (!noticed) broken("answers whose every entry is wrong get an error of 0; score() compares them with the truth");
    return "wrong entries, shapes and infinities";
  }

  static void require_bad(std::size_t number, const char* answer, const Score& found) {
    if (!found.valid || std::isinf(found.max) || std::isinf(found.d1)) return;
    broken("{} of stream {} gets {}; it cannot be scored, so that `valid` is false", answer, number, text_of(found));
  }

  std::string check_measures() const {
    const std::unique_ptr<const Measures> measures = task_->measures();
    if (measures == nullptr) return "it has none";
    const std::vector<Property> properties = measures->properties();
    for_each_accepted([&](std::size_t number, const Example& example) {
      measures->check(example);
      const std::vector<double> deviations = measures->deviations(example, example.target);
      for (std::size_t i = 0; i < deviations.size(); ++i) {
        if (deviations[i] <= nearly_zero) continue;
        broken("the target of stream {} is {} from '{}'; the truth has every property, a deviation of 0", number,
               deviations[i], properties[i].name);
      }
    });
    return fmt::format("{} properties", properties.size());
  }

  ContractList& list_;
  const CheckedPlugin& plugin_;
  std::unique_ptr<const Task> task_;
  std::vector<Draw> draws_;
};

}  // namespace

void check_task_contract(ContractList& list, const CheckedPlugin& plugin) { TaskContract(list, plugin).check(); }

}  // namespace matseq
