// Data files, held in memory and streamed: both must accept the same, and give the same examples.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "data/file_examples.h"
#include "data/streamed_examples.h"
#include "fuzz_input.h"

namespace matseq {
namespace {

/// A file without a place on the disk.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(::memfd_create("examples", 0)) {
    fuzz::require(descriptor_ >= 0 && ::write(descriptor_, data, size) == static_cast<ssize_t>(size), "a file is made");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::vector<std::vector<TokenId>> examples_of(const ExampleSource& source, std::uint64_t count) {
  std::vector<std::vector<TokenId>> examples;
  SequencePair example;
  for (std::uint64_t number = 0; number < count; ++number) {
    source.get(number, example);
    fuzz::require(!example.source.empty() && !example.target.empty(), "sequences have tokens");
    example.source.push_back(Vocabulary::boundary);
    example.source.insert(example.source.end(), example.target.begin(), example.target.end());
    examples.push_back(example.source);
  }
  std::ranges::sort(examples);
  return examples;
}

}  // namespace
}  // namespace matseq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace matseq;
  if (size == 0) return 0;
  const std::uint64_t piece = 1 + data[0] % 8U;
  const MemoryFile file(data + 1, size - 1);
  const ExampleFormat format{fuzz::encoding(1).vocabulary, 12, nullptr};
  std::optional<std::vector<std::vector<TokenId>>> in_memory;
  std::uint64_t count = 0;
  fuzz::accepted([&] {
    const FileExamples examples(file.path(), format, FileExamples::all, std::nullopt);
    count = examples.size().value();
    in_memory = examples_of(examples, count);
  });
  if (in_memory) {
    const FileExamples shuffled(file.path(), format, FileExamples::all, size);
    fuzz::require(examples_of(shuffled, count) == in_memory, "a pass has every example once");
  }
  fuzz::accepted([&] {
    const StreamedExamples examples(file.path(), format, piece, size);
    if (in_memory) {
      fuzz::require(examples_of(examples, count) == in_memory, "a streamed pass has every example once");
    } else {
      SequencePair example;
      for (std::uint64_t number = 0; number < 2 * piece; ++number) examples.get(number, example);
    }
  });
  return 0;
}
