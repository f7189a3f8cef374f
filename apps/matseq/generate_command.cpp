#include "generate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "matseq/error.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

constexpr std::uint64_t examples_a_piece = 512;

void append_matrix(const Matrix& matrix, std::string& text) {
  text += '[';
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    text += row == 0 ? "[" : ",[";
    for (std::size_t column = 0; column < matrix.columns(); ++column) {
      if (column > 0) text += ',';
      fmt::format_to(std::back_inserter(text), "{}", matrix(row, column));
    }
    text += ']';
  }
  text += ']';
}

/// Turns numbered examples into lines.
class LineWriter {
 public:
  LineWriter(const DataSet& set, const Vocabulary& vocabulary, std::string task_name, bool matrices)
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

  std::string lines(std::uint64_t begin, std::uint64_t end) const {
    std::string text;
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
    }
    return text;
  }

 private:
  void append_matrices(const Example& example, std::string& text) const {
    const bool composed = example.code != Example::no_code;
    fmt::format_to(std::back_inserter(text),
                   "{{\"task\":\"{}\",\"source\":", composed ? set_.task->category(example) : task_name_);
    append_matrix(example.source, text);
    text += ",\"target\":";
    append_matrix(example.target, text);
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

/// Makes pieces on several threads, at most a few ahead of the one being written, and hands them out in order.
class OrderedPieces {
 public:
  OrderedPieces(const LineWriter& writer, const GenerateOptions& options)
      : writer_(writer), options_(options), pieces_((options.count + examples_a_piece - 1) / examples_a_piece) {
    slots_.resize(4 * std::max<std::size_t>(1, options.workers));
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.workers); ++i)
      threads_.emplace_back([this] { work(); });
  }
  OrderedPieces(const OrderedPieces&) = delete;
  OrderedPieces& operator=(const OrderedPieces&) = delete;
  ~OrderedPieces() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::uint64_t count() const { return pieces_; }

  std::string take(std::uint64_t piece) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[piece % slots_.size()];
    changed_.wait(lock, [&] { return slot.made == piece + 1; });
    if (slot.failure) std::rethrow_exception(slot.failure);
    std::string lines = std::move(slot.lines);
    taken_ = piece + 1;
    changed_.notify_all();
    return lines;
  }

 private:
  struct Slot {
    std::string lines;
    std::exception_ptr failure;
    std::uint64_t made = 0;  ///< 1 + number of the piece it holds
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || begun_ == pieces_ || begun_ < taken_ + slots_.size(); });
      if (stopping_ || begun_ == pieces_) return;
      const std::uint64_t piece = begun_++;
      lock.unlock();
      std::string lines;
      std::exception_ptr failure;
      try {
        const std::uint64_t begin = piece * examples_a_piece;
        const std::uint64_t end = std::min(begin + examples_a_piece, options_.count);
        lines = writer_.lines(options_.first + begin, options_.first + end);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      slots_[piece % slots_.size()] = {std::move(lines), failure, piece + 1};
      changed_.notify_all();
    }
  }

  const LineWriter& writer_;
  const GenerateOptions& options_;
  std::uint64_t pieces_;
  std::vector<Slot> slots_;
  std::uint64_t begun_ = 0;
  std::uint64_t taken_ = 0;
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace

void generate_examples(const DataSet& set, const Vocabulary& vocabulary, const std::string& task_name,
                       const GenerateOptions& options, std::ostream& out) {
  const LineWriter writer(set, vocabulary, task_name, options.matrices);
  OrderedPieces pieces(writer, options);
  for (std::uint64_t piece = 0; piece < pieces.count(); ++piece) {
    const std::string lines = pieces.take(piece);
    out.write(lines.data(), static_cast<std::streamsize>(lines.size()));
    if (!out) throw Error("the examples could not be written: the output is closed or full");
  }
  out.flush();
  if (!out) throw Error("the examples could not be written: the output is closed or full");
}

}  // namespace matseq
