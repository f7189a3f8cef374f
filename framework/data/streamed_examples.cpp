#include "data/streamed_examples.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "data/permutation.h"
#include "files/checksum.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"
#include "threads/async.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

constexpr std::size_t most_pieces = 3;
constexpr std::size_t bytes_a_read = std::size_t{1} << 20U;

}  // namespace

StreamedExamples::StreamedExamples(const std::filesystem::path& file, ExampleFormat format, std::uint64_t piece_size,
                                   std::uint64_t key)
    : file_(file, O_RDONLY), end_(file_.size()), format_(std::move(format)), piece_size_(piece_size), key_(key) {
  find_pieces();
  if (lines_ == 0) throw Error(fmt::format("{}: there are no examples in this file", file.string()));
}

void StreamedExamples::find_pieces() {
  std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(bytes_a_read, end_)));
  Crc32c checksum;
  std::uint64_t line_begin = 0;
  const auto count_line = [&](std::uint64_t line_end) {
    if (lines_++ % piece_size_ == 0) begins_.push_back(line_begin);
    line_begin = line_end;
  };
  for (std::uint64_t offset = 0; offset < end_; offset += buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - offset)));
    file_.read(offset, std::as_writable_bytes(std::span(buffer)));
    checksum.add(std::as_bytes(std::span(buffer)));
    const char* const begin = buffer.data();
    const char* const end = begin + buffer.size();
    for (const char* at = begin; at != end; ++at) {
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (at == nullptr) break;
      count_line(offset + static_cast<std::uint64_t>(at - begin) + 1);
    }
  }
  if (line_begin < end_) count_line(end_);
  checksum_ = checksum.value();
}

void StreamedExamples::get(std::uint64_t number, SequencePair& example) const {
  const std::uint64_t pass = number / lines_;
  const std::uint64_t line = number % lines_;
  const std::uint64_t piece_number = line / piece_size_;
  const Permutation order(size_of(piece_number), RandomStream(key_, pass * begins_.size() + piece_number).bits());
  const std::shared_ptr<const ExampleTable> examples = piece(piece_number).get();
  examples->get(order(line % piece_size_), example);
}

/// Has the piece after it read, too.
StreamedExamples::Piece StreamedExamples::piece(std::uint64_t number) const {
  std::vector<CachedPiece> dropped;  // freed after the lock, because that may wait for a reader
  const std::scoped_lock lock(mutex_);
  find_or_begin((number + 1) % begins_.size(), dropped);
  return find_or_begin(number, dropped);
}

StreamedExamples::Piece StreamedExamples::find_or_begin(std::uint64_t number, std::vector<CachedPiece>& dropped) const {
  const auto found = std::ranges::find(cache_, number, &CachedPiece::number);
  if (found != cache_.end()) {
    std::rotate(found, found + 1, cache_.end());
    return cache_.back().examples;
  }
  if (cache_.size() == most_pieces) {
    dropped.push_back(std::move(cache_.front()));
    cache_.erase(cache_.begin());
  }
  cache_.push_back({number, start_async([this, number] { return read(number); }).share()});
  return cache_.back().examples;
}

std::shared_ptr<const ExampleTable> StreamedExamples::read(std::uint64_t number) const {
  const std::uint64_t end = number + 1 < begins_.size() ? begins_[number + 1] : end_;
  ExampleReader reader(file_, end, format_, {begins_[number], number * piece_size_ + 1});
  auto table = std::make_shared<ExampleTable>();
  SequencePair example;
  while (reader.next(example)) {
    throw_if_stop_requested();
    table->add(example);
  }
  if (table->size() != size_of(number)) {
    throw Error(fmt::format("{}: the file was changed while it is in use", file_.path().string()));
  }
  return table;
}

std::uint64_t StreamedExamples::size_of(std::uint64_t piece) const {
  return std::min(piece_size_, lines_ - piece * piece_size_);
}

}  // namespace matseq
