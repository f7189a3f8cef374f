#include "files/byte_source.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "matseq/error.h"

namespace matseq {

ByteSource::~ByteSource() = default;

FileSource::FileSource(const std::filesystem::path& path) : file_(path, O_RDONLY), size_(file_.size()) {}

std::string FileSource::name() const { return file_.path().string(); }

std::uint64_t FileSource::size() const { return size_; }

void FileSource::read(std::uint64_t offset, std::span<std::byte> out) const { file_.read(offset, out); }

MemorySource::MemorySource(std::span<const std::byte> bytes, std::string name)
    : bytes_(bytes), name_(std::move(name)) {}

std::string MemorySource::name() const { return name_; }

std::uint64_t MemorySource::size() const { return bytes_.size(); }

void MemorySource::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) throw Error("'" + name_ + "' ends too early");
  std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
}

}  // namespace matseq
