/// \file
/// Reads data files: an example a line, input tokens, TAB, target tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "data/example_source.h"
#include "files/file_descriptor.h"
#include "files/line_reader.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// What the lines of a data file must be.
struct ExampleFormat {
  std::shared_ptr<const Vocabulary> vocabulary;
  std::size_t max_len = 0;  ///< a sequence has fewer tokens than this
  /// Throws Error for an example that it does not accept; may be empty.
  std::function<void(const SequencePair&)> check;

  /// The most bytes that a line can have.
  std::size_t longest_line() const;
};

/// Reads a line: tokens separated by blanks, a TAB between the two sides; perhaps a number and "|" before them, as the
/// reference writes. Throws Error that says what is wrong with it:
/// a token that is not in the vocabulary or may not stand in an example, no TAB or several, a side without tokens or
/// with `max_len` tokens or more, or what the format's own check says.
void parse_example(std::string_view line, const ExampleFormat& format, SequencePair& example);

/// The examples of a data file, one after the other.
class ExampleReader {
 public:
  /// Reads `file` from `begin` to byte `end`; `file` and `format` must outlive it.
  ExampleReader(const FileDescriptor& file, std::uint64_t end, const ExampleFormat& format, LinePlace begin = {});

  /// False after the last example. Throws Error with file and line.
  bool next(SequencePair& example);

  /// Whether `next` would return false.
  bool at_end() const { return lines_.at_end(); }

 private:
  const ExampleFormat& format_;
  LineReader lines_;
};

}  // namespace matseq
