#include "data/file_examples.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <span>

#include "data/permutation.h"
#include "files/checksum.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

void add_to(Crc32c& checksum, const SequencePair& example) {
  const std::array<std::uint64_t, 2> lengths = {example.source.size(), example.target.size()};
  checksum.add(std::as_bytes(std::span(lengths)));
  checksum.add(std::as_bytes(std::span(example.source)));
  checksum.add(std::as_bytes(std::span(example.target)));
}

}  // namespace

FileExamples::FileExamples(const std::filesystem::path& file, const ExampleFormat& format, std::uint64_t limit,
                           std::optional<std::uint64_t> key)
    : file_(file), key_(key) {
  const FileDescriptor descriptor(file, O_RDONLY);
  ExampleReader reader(descriptor, descriptor.size(), format);
  SequencePair example;
  Crc32c checksum;
  while (table_.size() < limit && reader.next(example)) {
    table_.add(example);
    add_to(checksum, example);
  }
  has_more_ = !reader.at_end();
  checksum_ = checksum.value();
  if (table_.size() == 0) throw Error(fmt::format("{}: there are no examples in this file", file.string()));
}

void FileExamples::get(std::uint64_t number, SequencePair& example) const {
  const std::uint64_t count = table_.size();
  if (!key_) {
    if (number >= count) {
      throw Error(fmt::format("{}: there is no example {}; {} are read from this file, counted from 0", file_.string(),
                              number, count));
    }
    return table_.get(number, example);
  }
  const Permutation order(count, RandomStream(*key_, number / count).bits());
  table_.get(order(number % count), example);
}

std::string FileExamples::remark() const {
  if (!has_more_) return {};
  return fmt::format("{}: only the first {} lines of this file are used", file_.string(), table_.size());
}

std::optional<std::uint64_t> FileExamples::size() const {
  return key_ ? std::nullopt : std::optional<std::uint64_t>(table_.size());
}

}  // namespace matseq
