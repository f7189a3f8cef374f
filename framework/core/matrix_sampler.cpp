#include "matseq/matrix_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "matseq/refuse_parameter.h"

namespace matseq {
namespace {

/// Larger matrices have no tokens for their sizes by far.
constexpr double largest_accepted_dimension = 1000;
/// Integers up to here are doubles.
constexpr double largest_accepted_range = 9007199254740992.0;
/// A gaussian number is this many deviations from its mean once in a hundred million.
constexpr double most_deviations = 5.73;
/// What is less likely than this counts as never drawn.
constexpr double rarest = 1e-8;

bool is_negative(double coefficient) { return coefficient < 0; }

void require_order(const Parameters& parameters, const std::string& low, const std::string& high) {
  if (parameters.integer(low) <= parameters.integer(high)) return;
  refuse_parameter(parameters, parameters.given(low) ? low : high,
                   fmt::format("'{}' is {}, above '{}', which is {}; it must be at most that", low,
                               parameters.integer(low), high, parameters.integer(high)));
}

}  // namespace

ParameterSchema MatrixSampler::schema(Shape shape) {
  ParameterSchema schema = {
      Parameter::text("generator", "uniform",
                      "coefficients: uniform in (-A, A), or gaussian with deviation A/sqrt(3) and so the same variance")
          .one_of({"uniform", "gaussian"}),
      Parameter::integer("max_input_coeff", 10, "largest coefficient range A")
          .at_least(1)
          .at_most(largest_accepted_range),
      Parameter::integer("min_input_coeff", 1, "smallest coefficient range A; unset: A is always max_input_coeff")
          .at_least(1)
          .at_most(largest_accepted_range)
          .optional(),
      Parameter::real("positive_share", 0.5,
                      "probability with which a coefficient is positive; unset: as the generator has it, one half")
          .at_least(0)
          .at_most(1)
          .optional(),
      Parameter::integer("min_dimension", 5, "smallest number of rows and columns")
          .at_least(1)
          .at_most(largest_accepted_dimension),
      Parameter::integer("max_dimension", 5, "largest number of rows and columns")
          .at_least(1)
          .at_most(largest_accepted_dimension),
      Parameter::boolean("noisy_input", false, "add noise to the input once the target is computed"),
      Parameter::real("sigma", 0.05, "noise is gaussian with deviation max_input_coeff * sigma / sqrt(3)").at_least(0),
  };
  if (shape == Shape::rectangular) {
    schema.push_back(Parameter::boolean("rectangular", false, "draw the second dimension on its own"));
    schema.push_back(Parameter::boolean("force_dim", false, "matrices are first_dimension x second_dimension"));
    for (const char* name : {"first_dimension", "second_dimension"}) {
      schema.push_back(Parameter::integer(name, 5, "with force_dim, this dimension")
                           .at_least(1)
                           .at_most(largest_accepted_dimension));
    }
  }
  return schema;
}

MatrixSampler::MatrixSampler(const Parameters& parameters)
    : gaussian_(parameters.text("generator") == "gaussian"),
      smallest_range_(parameters.integer(parameters.has("min_input_coeff") ? "min_input_coeff" : "max_input_coeff")),
      largest_range_(parameters.integer("max_input_coeff")),
      smallest_dimension_(parameters.integer("min_dimension")),
      largest_dimension_(parameters.integer("max_dimension")),
      may_be_rectangular_(parameters.has("rectangular")),
      rectangular_(parameters.has("rectangular") && parameters.boolean("rectangular")),
      forced_(parameters.has("force_dim") && parameters.boolean("force_dim")) {
  require_order(parameters, "min_dimension", "max_dimension");
  if (parameters.has("min_input_coeff")) require_order(parameters, "min_input_coeff", "max_input_coeff");
  if (parameters.has("positive_share")) positive_share_ = parameters.real("positive_share");
  if (forced_) {
    first_dimension_ = parameters.integer("first_dimension");
    second_dimension_ = parameters.integer("second_dimension");
  }
  if (parameters.boolean("noisy_input")) {
    noise_deviation_ = static_cast<double>(largest_range_) * parameters.real("sigma") / std::numbers::sqrt3;
  }
}

MatrixSampler::Size MatrixSampler::draw_size(RandomStream& random) const {
  std::int64_t n = first_dimension_;
  std::int64_t p = second_dimension_;
  if (!forced_) {
    n = random.integer(smallest_dimension_, largest_dimension_);
    p = rectangular_ ? random.integer(smallest_dimension_, largest_dimension_) : n;
  }
  const std::int64_t range = random.integer(smallest_range_, largest_range_);
  return {static_cast<std::size_t>(n), static_cast<std::size_t>(p), static_cast<double>(range)};
}

void MatrixSampler::fill(RandomStream& random, double range, std::span<double> coefficients) const {
  if (gaussian_) {
    const double deviation = range / std::numbers::sqrt3;
    for (double& coefficient : coefficients) coefficient = random.normal(0, deviation);
  } else {
    for (double& coefficient : coefficients) coefficient = random.uniform(-range, range);
  }
  if (!positive_share_) return;
  for (double& coefficient : coefficients) {
    coefficient = std::copysign(coefficient, random.unit() < *positive_share_ ? 1.0 : -1.0);
  }
}

bool MatrixSampler::draws(std::size_t n, std::size_t p) const {
  const auto first = static_cast<std::int64_t>(n), second = static_cast<std::int64_t>(p);
  if (forced_) return first == first_dimension_ && second == second_dimension_;
  const auto in_range = [&](std::int64_t dimension) {
    return dimension >= smallest_dimension_ && dimension <= largest_dimension_;
  };
  return in_range(first) && in_range(second) && (rectangular_ || first == second);
}

std::vector<MatrixSampler::Size> MatrixSampler::sizes(std::size_t most) const {
  std::vector<Size> sizes;
  const auto add = [&](std::int64_t n, std::int64_t p) {
    if (sizes.size() < most) sizes.push_back({static_cast<std::size_t>(n), static_cast<std::size_t>(p), 0});
  };
  if (forced_) {
    add(first_dimension_, second_dimension_);
    return sizes;
  }
  for (std::int64_t n = smallest_dimension_; n <= largest_dimension_; ++n) {
    const std::int64_t first = rectangular_ ? smallest_dimension_ : n;
    const std::int64_t last = rectangular_ ? largest_dimension_ : n;
    for (std::int64_t p = first; p <= last; ++p) add(n, p);
  }
  return sizes;
}

double MatrixSampler::largest_coefficient() const {
  const double range = largest_range();
  return (gaussian_ ? most_deviations * range / std::numbers::sqrt3 : range) + noise();
}

double MatrixSampler::noise() const { return most_deviations * noise_deviation_; }

std::vector<std::string> MatrixSampler::unfamiliar(std::span<const double> coefficients) const {
  double largest = 0;
  for (const double coefficient : coefficients) largest = std::max(largest, std::abs(coefficient));
  const double most = largest_coefficient();
  if (largest > most) {
    return {fmt::format("it has a coefficient of absolute value {:.4g}; those drawn are up to {:.4g}", largest, most)};
  }
  if (noise_deviation_ > 0) return {};
  if (positive_share_ == 1 && std::ranges::any_of(coefficients, is_negative)) {
    return {"it has negative coefficients; all that are drawn are positive"};
  }
  if (positive_share_ == 0 && !std::ranges::all_of(coefficients, is_negative)) {
    return {"it has coefficients that are not negative; all that are drawn are negative"};
  }
  // The density of a coefficient is at most 1 / (2 A) for uniform ones and 0.7 / A for gaussian ones.
  const double density = (gaussian_ ? 0.7 : 0.5) / static_cast<double>(smallest_range_);
  const double all_so_small = std::pow(2 * largest * density, static_cast<double>(coefficients.size()));
  if (all_so_small > rarest) return {};
  return {
      fmt::format("none of its coefficients is above {:.4g} in absolute value; such small ones are hardly ever drawn "
                  "together",
                  largest)};
}

void MatrixSampler::add_noise(RandomStream& random, Matrix& input) const {
  if (noise_deviation_ == 0) return;
  for (double& coefficient : input.values()) coefficient += random.normal(0, noise_deviation_);
}

}  // namespace matseq
