// A checkpoint file: the zip archive and every record in it, and the pickle among them.
#include "files/byte_source.h"
#include "fuzz_input.h"
#include "reference/pickle.h"
#include "reference/zip_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace matseq;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const MemorySource source(bytes, "input");
  fuzz::accepted([&] {
    const ZipReader archive(source);
    std::uint64_t total = 0;
    for (const std::string& name : archive.names()) {
      total += archive.size(name);
      fuzz::accepted([&] {
        const std::vector<std::byte> record = archive.read(name);
        fuzz::require(record.size() == archive.size(name), "a record has its size");
        if (name.ends_with(".pkl")) Pickle::parse(record);
      });
    }
    fuzz::require(total <= size, "records do not overlap");
  });
  return 0;
}
