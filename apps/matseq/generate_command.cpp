#include "generate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "matseq/error.h"
#include "run/progress_bar.h"
#include "threads/ordered_workers.h"
#include "tokens/matrix_json.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

constexpr std::uint64_t examples_a_piece = 512;

/// Lines, and what was drawn for them.
struct Piece {
  std::string lines;
  ExampleCounts counts;
};

/// Turns numbered examples into lines.
class ExampleWriter {
 public:
  ExampleWriter(const DataSet& set, const Vocabulary& vocabulary, std::string task_name, bool matrices)
      : set_(set), vocabulary_(vocabulary), task_name_(std::move(task_name)) {
    if (!matrices) return;
    generated_ = dynamic_cast<const GeneratedExamples*>(set.examples.get());
    if (generated_ == nullptr) {
      throw Error(
          fmt::format("the examples of '{}' come from a data file, which has only their tokens: --format "
                      "matrices is for examples that are generated",
                      set.name));
    }
  }

  Piece piece(std::uint64_t begin, std::uint64_t end) const {
    Piece piece;
    std::string& text = piece.lines;
    SequencePair sequences;
    Example example;
    for (std::uint64_t number = begin; number < end; ++number) {
      if (generated_ != nullptr) {
        generated_->get(number, sequences, example);
        append_matrices(example, text);
      } else {
        set_.examples->get(number, sequences);
        append_tokens(sequences, text);
      }
      text += '\n';
      count(sequences, piece.counts);
    }
    return piece;
  }

 private:
  void append_matrices(const Example& example, std::string& text) const {
    const bool composed = example.code != Example::no_code;
    fmt::format_to(std::back_inserter(text),
                   "{{\"task\":\"{}\",\"source\":", composed ? set_.task->category(example) : task_name_);
    append_json(example.source, text);
    text += ",\"target\":";
    append_json(example.target, text);
    text += '}';
  }

  void append_tokens(const SequencePair& sequences, std::string& text) const {
    matseq::append_tokens(sequences.source, vocabulary_, text);
    text += '\t';
    matseq::append_tokens(sequences.target, vocabulary_, text);
  }

  const DataSet& set_;
  const Vocabulary& vocabulary_;
  std::string task_name_;
  const GeneratedExamples* generated_ = nullptr;  ///< null: write tokens
};

}  // namespace

ExampleCounts generate_examples(const DataSet& set, const Vocabulary& vocabulary, const std::string& task_name,
                                const GenerateOptions& options, std::ostream& out) {
  const ExampleWriter writer(set, vocabulary, task_name, options.matrices);
  OrderedWork work;
  work.pieces = (options.count + examples_a_piece - 1) / examples_a_piece;
  work.workers = options.workers;
  std::vector<Piece> pieces(OrderedWorkers::slots(work));
  OrderedWorkers workers(work, [&](std::size_t slot, std::uint64_t number) {
    const std::uint64_t begin = number * examples_a_piece;
    const std::uint64_t end = std::min(begin + examples_a_piece, options.count);
    pieces[slot] = writer.piece(options.first + begin, options.first + end);
  });
  ExampleCounts counts;
  ProgressBar bar("generating", static_cast<std::int64_t>(options.count), "examples");
  while (const std::optional<std::size_t> slot = workers.next()) {
    const Piece& piece = pieces[*slot];
    counts.add(piece.counts);
    out.write(piece.lines.data(), static_cast<std::streamsize>(piece.lines.size()));
    if (!out) throw Error("the examples could not be written: the output is closed or full");
    bar.show(static_cast<std::int64_t>(counts.examples));
  }
  out.flush();
  if (!out) throw Error("the examples could not be written: the output is closed or full");
  return counts;
}

}  // namespace matseq
