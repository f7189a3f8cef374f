#include "decoding/constrained.h"

#include <limits>
#include <utility>

namespace matseq {
namespace {

class ConstrainedDecoder : public IncrementalDecoder {
 public:
  ConstrainedDecoder(std::unique_ptr<IncrementalDecoder> decoder, const MatrixGrammar& grammar,
                     std::vector<MatrixGrammar::State> states)
      : decoder_(std::move(decoder)), grammar_(grammar), states_(std::move(states)) {}

  torch::Tensor step(const torch::Tensor& tokens) override {
    const torch::Tensor logits = decoder_->step(tokens);
    if (begun_) advance(tokens);
    begun_ = true;
    return logits.masked_fill(forbidden(logits.size(1)).to(logits.device()), -std::numeric_limits<float>::infinity());
  }

  void select(const torch::Tensor& rows) override {
    decoder_->select(rows);
    const torch::Tensor on_host = rows.to(torch::kCPU);
    std::vector<MatrixGrammar::State> selected;
    for (std::int64_t i = 0; i < on_host.size(0); ++i) {
      selected.push_back(states_.at(static_cast<std::size_t>(on_host.data_ptr<std::int64_t>()[i])));
    }
    states_ = std::move(selected);
  }

 private:
  void advance(const torch::Tensor& tokens) {
    const torch::Tensor on_host = tokens.to(torch::kCPU).contiguous();
    for (std::size_t row = 0; row < states_.size(); ++row) {
      grammar_.advance(states_[row], static_cast<TokenId>(on_host.data_ptr<std::int64_t>()[row]));
    }
  }

  // (rows, vocabulary size), on the CPU.
  torch::Tensor forbidden(std::int64_t vocabulary) const {
    torch::Tensor forbidden = torch::ones({static_cast<std::int64_t>(states_.size()), vocabulary}, torch::kBool);
    bool* row = forbidden.data_ptr<bool>();
    for (const MatrixGrammar::State& state : states_) {
      for (const TokenId token : grammar_.allowed(state)) row[token] = false;
      row += vocabulary;
    }
    return forbidden;
  }

  std::unique_ptr<IncrementalDecoder> decoder_;
  const MatrixGrammar& grammar_;
  std::vector<MatrixGrammar::State> states_;  // by row
  bool begun_ = false;                        // the leading 0 has been taken
};

}  // namespace

ConstrainedSource::ConstrainedSource(EncodedSource& sources, const MatrixGrammar& grammar,
                                     std::vector<MatrixGrammar::Wanted> wanted)
    : sources_(sources), grammar_(grammar), wanted_(std::move(wanted)) {}

TeacherForcedScores ConstrainedSource::score(const torch::Tensor& target, const torch::Tensor& target_lengths) {
  return sources_.score(target, target_lengths);
}

std::unique_ptr<IncrementalDecoder> ConstrainedSource::decode(const torch::Tensor& rows, std::int64_t longest) {
  const torch::Tensor on_host = rows.to(torch::kCPU).contiguous();
  std::vector<MatrixGrammar::State> states;
  for (std::int64_t i = 0; i < on_host.size(0); ++i) {
    states.push_back(grammar_.begin(wanted_.at(static_cast<std::size_t>(on_host.data_ptr<std::int64_t>()[i]))));
  }
  return std::make_unique<ConstrainedDecoder>(sources_.decode(rows, longest), grammar_, std::move(states));
}

}  // namespace matseq
