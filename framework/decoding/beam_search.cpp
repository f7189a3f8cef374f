#include "decoding/beam_search.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <tuple>

#include "decoding/evaluation_mode.h"
#include "decoding/row_dropping.h"
#include "threads/stop_request.h"

namespace matseq {

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

// Continuations of the open hypotheses, best first; each member is (sentences, candidates).
struct Candidates {
  torch::Tensor sums;        // float64 log-probability of all tokens, -inf where there is no candidate
  torch::Tensor hypotheses;  // which open hypothesis of the sentence it continues
  torch::Tensor tokens;      // by which token
};

// The best finished hypotheses of each sentence, best first.
struct Finished {
  torch::Tensor scores;   // (sentences, beam), float64, -inf where there is none yet
  torch::Tensor lengths;  // (sentences, beam), tokens
  torch::Tensor tokens;   // (sentences, beam, longest)

  Finished(std::int64_t sentences, const DecodingOptions& options, const torch::TensorOptions& integers)
      : scores(torch::full({sentences, options.beam_size}, impossible, integers.dtype(torch::kFloat64))),
        lengths(torch::zeros({sentences, options.beam_size}, integers)),
        tokens(torch::zeros({sentences, options.beam_size, options.max_output_length}, integers)) {}

  void select(const torch::Tensor& rows) {
    scores = scores.index_select(0, rows);
    lengths = lengths.index_select(0, rows);
    tokens = tokens.index_select(0, rows);
  }

  void copy(const torch::Tensor& rows, const Finished& other) {
    scores.index_copy_(0, rows, other.scores);
    lengths.index_copy_(0, rows, other.lengths);
    tokens.index_copy_(0, rows, other.tokens);
  }
};

// Entries along dimension 1 of (sentences, from, longest) by index (sentences, to).
torch::Tensor gather_tokens(const torch::Tensor& tokens, const torch::Tensor& index) {
  return tokens.gather(1, index.unsqueeze(2).expand({-1, -1, tokens.size(2)}));
}

// Positions of the `count` largest values along dimension 1, of equals the first.
torch::Tensor largest(const torch::Tensor& values, std::int64_t count) {
  return std::get<1>(values.sort(/*stable=*/true, 1, /*descending=*/true)).slice(1, 0, count);
}

class BeamSearch {
 public:
  BeamSearch(EncodedSource& sources, const torch::Tensor& rows, const DecodingOptions& options)
      : options_(options),
        decoder_(sources.decode(rows, options.max_output_length + 1)),
        results_(rows.size(0), options, rows.options()),
        sentences_(torch::arange(rows.size(0), rows.options())),
        done_(torch::zeros_like(sentences_, torch::kBool)),
        finished_(rows.size(0), options, rows.options()),
        open_sums_(torch::zeros({rows.size(0), 1}, rows.options().dtype(torch::kFloat64))),
        open_words_(rows.new_zeros({rows.size(0), 1, options.max_output_length})) {}

  std::vector<std::vector<Hypothesis>> run() {
    torch::Tensor tokens = torch::zeros_like(sentences_);
    for (std::int64_t step = 0; step <= options_.max_output_length; ++step) {
      throw_if_stop_requested();
      const Candidates candidates = best_candidates(decoder_->step(tokens));
      if (!options_.early_stopping) done_ = done_.logical_or(cannot_improve(candidates.sums.select(1, 0)));
      const torch::Tensor possible = candidates.sums.gt(impossible);
      const bool last = step == options_.max_output_length;
      const torch::Tensor ends = last ? possible : candidates.tokens.eq(0).logical_and(possible);
      const torch::Tensor opens = possible.logical_and(ends.logical_not());
      finish(candidates, ends.logical_and(reached(opens)), step);
      if (last) break;
      if (options_.early_stopping) done_ = full();
      const std::int64_t searching = done_.logical_not().sum().item<std::int64_t>();
      if (searching == 0) break;
      tokens = advance(candidates, opens, step);
      if (dropping_pays(searching, done_.size(0))) tokens = drop_done(tokens);
    }
    results_.copy(sentences_, finished_);
    return to_hypotheses();
  }

 private:
  // Every open hypothesis offers its likeliest tokens, of which the best overall remain.
  Candidates best_candidates(const torch::Tensor& logits) const {
    const std::int64_t sentences = open_sums_.size(0), hypotheses = open_sums_.size(1);
    const std::int64_t offered = std::min(2 * options_.beam_size, logits.size(1));
    const auto [top_tokens, order] = std::get<1>(logits.topk(offered, 1, true, /*sorted=*/false)).sort(1);
    const torch::Tensor top_logits = logits.gather(1, top_tokens).to(torch::kFloat64);
    const torch::Tensor normaliser = logits.logsumexp(1, /*keepdim=*/true).to(torch::kFloat64);
    const torch::Tensor sums = (open_sums_.view({-1, 1}) + (top_logits - normaliser)).view({sentences, -1});
    const torch::Tensor best = largest(sums, std::min(2 * options_.beam_size, hypotheses * offered));
    return {sums.gather(1, best), best.div(offered, "floor"), top_tokens.view({sentences, -1}).gather(1, best)};
  }

  // Which sentences have `beam_size` finished hypotheses.
  torch::Tensor full() const { return finished_.scores.select(1, options_.beam_size - 1).gt(impossible); }

  // Which of these would keep them whatever follows a candidate of log-probability `best_sums`.
  torch::Tensor cannot_improve(const torch::Tensor& best_sums) const {
    const torch::Tensor worst = finished_.scores.select(1, options_.beam_size - 1);
    return full().logical_and(worst.ge(best_sums / penalty(options_.max_output_length)));
  }

  // Which candidates are looked at: those before the one after which `beam_size` hypotheses are open, and itself.
  torch::Tensor reached(const torch::Tensor& opens) const {
    return (opens.cumsum(1) - opens.to(torch::kInt64)).lt(options_.beam_size);
  }

  // Keeps the best of the finished hypotheses and those candidates that `ends` marks, which close hypotheses of
  // `length` tokens.
  void finish(const Candidates& candidates, const torch::Tensor& ends, std::int64_t length) {
    const torch::Tensor ending = ends.logical_and(done_.logical_not().unsqueeze(1));
    const torch::Tensor scores = (candidates.sums / penalty(length)).masked_fill(ending.logical_not(), impossible);
    const torch::Tensor all_scores = torch::cat({finished_.scores, scores}, 1);
    const torch::Tensor kept = largest(all_scores, options_.beam_size);
    finished_.scores = all_scores.gather(1, kept);
    finished_.lengths =
        torch::cat({finished_.lengths, torch::full_like(candidates.hypotheses, length)}, 1).gather(1, kept);
    finished_.tokens =
        gather_tokens(torch::cat({finished_.tokens, gather_tokens(open_words_, candidates.hypotheses)}, 1), kept);
  }

  // Opens the best candidates that `opens` marks; returns the token that each new row appends.
  torch::Tensor advance(const Candidates& candidates, const torch::Tensor& opens, std::int64_t step) {
    const torch::Tensor chosen = largest(opens.to(torch::kInt8), std::min(options_.beam_size, opens.size(1)));
    const torch::Tensor parents = candidates.hypotheses.gather(1, chosen);  // (sentences, open)
    const torch::Tensor tokens = candidates.tokens.gather(1, chosen);
    const std::int64_t former = open_sums_.size(1);
    const torch::Tensor first_rows = torch::arange(parents.size(0), parents.options()).unsqueeze(1) * former;
    decoder_->select((first_rows + parents).flatten());
    open_sums_ = candidates.sums.gather(1, chosen).masked_fill(opens.gather(1, chosen).logical_not(), impossible);
    open_words_ = gather_tokens(open_words_, parents);
    open_words_.select(2, step).copy_(tokens);
    return tokens.flatten();
  }

  // Goes on with the sentences that are not done; returns `tokens`, the next tokens of all rows, for these.
  torch::Tensor drop_done(const torch::Tensor& tokens) {
    results_.copy(sentences_, finished_);
    const torch::Tensor kept = done_.logical_not().nonzero().squeeze(1);
    const std::int64_t hypotheses = open_sums_.size(1);
    const torch::Tensor rows = (kept.unsqueeze(1) * hypotheses + torch::arange(hypotheses, kept.options())).flatten();
    decoder_->select(rows);
    sentences_ = sentences_.index_select(0, kept);
    done_ = done_.index_select(0, kept);
    finished_.select(kept);
    open_sums_ = open_sums_.index_select(0, kept);
    open_words_ = open_words_.index_select(0, kept);
    return tokens.index_select(0, rows);
  }

  // What divides the score of a hypothesis of `tokens` tokens; its length counts the leading 0.
  double penalty(std::int64_t tokens) const {
    return std::pow(static_cast<double>(tokens + 1), options_.length_penalty);
  }

  std::vector<std::vector<Hypothesis>> to_hypotheses() const {
    const torch::Tensor scores = results_.scores.to(torch::kCPU);
    const torch::Tensor lengths = results_.lengths.to(torch::kCPU);
    const torch::Tensor tokens = results_.tokens.to(torch::kCPU).contiguous();
    const auto score = scores.accessor<double, 2>();
    const auto length = lengths.accessor<std::int64_t, 2>();
    std::vector<std::vector<Hypothesis>> hypotheses(static_cast<std::size_t>(scores.size(0)));
    for (std::int64_t sentence = 0; sentence < scores.size(0); ++sentence) {
      for (std::int64_t rank = 0; rank < scores.size(1) && score[sentence][rank] > impossible; ++rank) {
        const std::int64_t* first = tokens[sentence][rank].data_ptr<std::int64_t>();
        hypotheses[static_cast<std::size_t>(sentence)].push_back(
            {TokenSequence(first, first + length[sentence][rank]), score[sentence][rank]});
      }
    }
    return hypotheses;
  }

  DecodingOptions options_;
  std::unique_ptr<IncrementalDecoder> decoder_;
  Finished results_;          // of all sentences, filled in when they are done
  torch::Tensor sentences_;   // (sentences), which of the batch are still in the tensors below
  torch::Tensor done_;        // (sentences), bool
  Finished finished_;         // of these
  torch::Tensor open_sums_;   // (sentences, open), float64; one is open at first, then beam_size
  torch::Tensor open_words_;  // (sentences, open, longest)
};

}  // namespace

std::vector<std::vector<Hypothesis>> decode_beam(EncodedSource& sources, const torch::Tensor& rows,
                                                 const DecodingOptions& options) {
  check(options);
  if (rows.size(0) == 0) return {};
  const torch::NoGradGuard no_gradients;
  return BeamSearch(sources, rows, options).run();
}

std::vector<std::vector<Hypothesis>> decode_beam(Model& model, const torch::Tensor& source,
                                                 const torch::Tensor& source_lengths, const DecodingOptions& options) {
  const EvaluationMode evaluation_mode(model);
  return decode_beam(*model.encode(source, source_lengths), torch::arange(source.size(0), source.options()), options);
}

}  // namespace matseq
