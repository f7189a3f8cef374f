/// \file
/// Examples of a data file that need not fit into memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include "data/example_reader.h"
#include "data/example_source.h"
#include "data/example_table.h"
#include "files/file_descriptor.h"

namespace matseq {

/// The examples of a file, over and over. A pass takes pieces of the file in the file's order; the lines of a piece
/// come shuffled, in an order that is a pure function of the key, the pass and the piece. Memory holds at most three
/// pieces: that in use, its neighbour while some threads have gone on to it, and the next, which is read ahead.
class StreamedExamples : public ExampleSource {
 public:
  /// Counts the lines of the file, which takes one reading of it, and checks none of them: that is done whenever a
  /// piece of `piece_size` >= 1 lines is read. Throws Error when there is no line or no such file.
  StreamedExamples(const std::filesystem::path& file, ExampleFormat format, std::uint64_t piece_size,
                   std::uint64_t key);

  /// Throws Error with file and line when a line of the example's piece is bad.
  void get(std::uint64_t number, SequencePair& example) const override;
  /// Of the file's bytes.
  std::optional<std::uint32_t> checksum() const override { return checksum_; }

 private:
  using Piece = std::shared_future<std::shared_ptr<const ExampleTable>>;
  struct CachedPiece {
    std::uint64_t number = 0;  ///< in the file
    Piece examples;
  };

  void find_pieces();
  Piece piece(std::uint64_t number) const;
  Piece find_or_begin(std::uint64_t number, std::vector<CachedPiece>& dropped) const;
  std::shared_ptr<const ExampleTable> read(std::uint64_t number) const;
  std::uint64_t size_of(std::uint64_t piece) const;

  FileDescriptor file_;
  std::uint64_t end_;
  ExampleFormat format_;
  std::uint64_t piece_size_;
  std::uint64_t key_;
  std::uint64_t lines_ = 0;
  std::uint32_t checksum_ = 0;
  std::vector<std::uint64_t> begins_;  ///< of the pieces, in bytes
  mutable std::mutex mutex_;
  mutable std::vector<CachedPiece> cache_;  ///< last used last; ends before the rest, which its readers use
};

}  // namespace matseq
