#include "cross_entropy.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "linear.h"

namespace matseq::cpu {

TokenScore score_token(std::int64_t tokens, const float* bias, std::int64_t truth, float* logits) {
  Eigen::Map<Eigen::ArrayXf> row(logits, tokens);
  row += Eigen::Map<const Eigen::ArrayXf>(bias, tokens);
  const float most = row.maxCoeff();
  const float of_truth = row[truth] - most;
  TokenScore score = {};
  score.likeliest = of_truth == 0 && (row.head(truth) < most).all();
  row = (row - most).exp();
  score.sum = row.sum();
  score.cross_entropy = std::log(static_cast<double>(score.sum)) - static_cast<double>(of_truth);
  return score;
}

double lead(std::int64_t tokens, const float* bias, std::int64_t truth, const float* logits) {
  const auto row = Eigen::Map<const Eigen::ArrayXf>(logits, tokens) + Eigen::Map<const Eigen::ArrayXf>(bias, tokens);
  return static_cast<double>(logits[truth] + bias[truth]) - static_cast<double>(row.mean());
}

std::vector<TokenScore> score_tokens(const Linear& output, const float* x, const std::vector<std::int64_t>& expected,
                                     Arena& arena) {
  const auto total = static_cast<std::int64_t>(expected.size());
  float* logits = arena.take(std::min(total, logit_rows) * output.out);
  const Operand states = make_operand(output, x, total * output.in, arena);
  std::vector<TokenScore> scores;
  scores.reserve(expected.size());
  for (std::int64_t first = 0; first < total; first += logit_rows) {
    const std::int64_t rows = std::min(logit_rows, total - first);
    forward(output, states.from(first * output.in), rows, logits, Accumulate::no);
    for (std::int64_t i = 0; i < rows; ++i) {
      scores.push_back(score_token(output.out, output.bias.value, expected[static_cast<std::size_t>(first + i)],
                                   logits + i * output.out));
    }
  }
  return scores;
}

}  // namespace matseq::cpu
