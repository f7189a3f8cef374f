#include "reference/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "files/checksum.h"
#include "files/little_endian.h"
#include "matseq/error.h"

// PKWARE's APPNOTE.TXT gives the layout; the numbers in comments are its sections.

namespace matseq {

namespace {

constexpr std::uint32_t local_header_signature = 0x04034b50;        // 4.3.7
constexpr std::uint32_t directory_entry_signature = 0x02014b50;     // 4.3.12
constexpr std::uint32_t end_of_directory64_signature = 0x06064b50;  // 4.3.14
constexpr std::uint32_t locator64_signature = 0x07064b50;           // 4.3.15
constexpr std::uint32_t end_of_directory_signature = 0x06054b50;    // 4.3.16

constexpr std::uint64_t local_header_size = 30;
constexpr std::uint64_t directory_entry_size = 46;
constexpr std::uint64_t end_of_directory64_size = 56;
constexpr std::uint64_t locator64_size = 20;
constexpr std::uint64_t end_of_directory_size = 22;
constexpr std::uint64_t longest_comment = 0xFFFF;

constexpr std::uint16_t encrypted_flag = 1;
constexpr std::uint16_t utf8_flag = 1 << 11;
constexpr std::uint16_t zip64_extra = 0x0001;    // 4.5.3
constexpr std::uint16_t padding_extra = 0x4246;  // "FB", PyTorch's padding up to the alignment
constexpr std::uint16_t version_of_zip64 = 45;
constexpr std::uint16_t see_zip64_16 = 0xFFFF;
constexpr std::uint32_t see_zip64_32 = 0xFFFFFFFF;
constexpr std::uint64_t record_alignment = 64;

/// A directory has some hundred bytes a record; one larger than this is not a checkpoint's.
constexpr std::uint64_t largest_directory = std::uint64_t{64} << 20;

/// Reads numbers from the front of a piece of memory; false once it is too short.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size(); }

  template <typename Number>
  bool take(Number& number) {
    if (bytes_.size() < sizeof number) return false;
    number = load_little_endian<Number>(bytes_);
    bytes_ = bytes_.subspan(sizeof number);
    return true;
  }

  bool take(std::size_t count, std::span<const std::byte>& piece) {
    if (bytes_.size() < count) return false;
    piece = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

/// One entry of the directory, 4.3.12.
struct DirectoryEntry {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t header = 0;
  std::string name;
};

/// Takes the 64-bit values that stand in for saturated 32-bit ones, in the order of 4.5.3.
bool apply_zip64(std::span<const std::byte> extra, DirectoryEntry& entry) {
  Cursor fields(extra);
  while (fields.left() > 0) {
    std::uint16_t id = 0;
    std::uint16_t size = 0;
    std::span<const std::byte> content;
    if (!fields.take(id) || !fields.take(size) || !fields.take(size, content)) return false;
    if (id != zip64_extra) continue;
    Cursor values(content);
    for (std::uint64_t* value : {&entry.size, &entry.compressed_size, &entry.header}) {
      if (*value == see_zip64_32 && !values.take(*value)) return false;
    }
    return true;
  }
  return true;
}

bool take_directory_entry(Cursor& cursor, DirectoryEntry& entry) {
  std::uint32_t signature = 0;
  std::uint16_t ignored16 = 0;
  std::uint32_t ignored32 = 0;
  std::uint32_t compressed_size = 0;
  std::uint32_t size = 0;
  std::uint32_t header = 0;
  std::uint16_t name_size = 0;
  std::uint16_t extra_size = 0;
  std::uint16_t comment_size = 0;
  std::span<const std::byte> name;
  std::span<const std::byte> extra;
  std::span<const std::byte> comment;
  const bool complete =
      cursor.take(signature) && signature == directory_entry_signature && cursor.take(ignored16) &&  // made by
      cursor.take(ignored16) &&                                                                      // version needed
      cursor.take(entry.flags) && cursor.take(entry.method) && cursor.take(ignored32) &&             // time and date
      cursor.take(entry.checksum) && cursor.take(compressed_size) && cursor.take(size) && cursor.take(name_size) &&
      cursor.take(extra_size) && cursor.take(comment_size) && cursor.take(ignored16) &&  // disk
      cursor.take(ignored16) && cursor.take(ignored32) &&                                // attributes
      cursor.take(header) && cursor.take(name_size, name) && cursor.take(extra_size, extra) &&
      cursor.take(comment_size, comment);
  if (!complete) return false;
  entry.compressed_size = compressed_size;
  entry.size = size;
  entry.header = header;
  entry.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  return apply_zip64(extra, entry);
}

}  // namespace

ZipReader::ZipReader(const ByteSource& source) : source_(source) {
  const Directory directory = find_directory();
  read_directory(directory);
  refuse_overlaps(directory);
}

void ZipReader::refuse(const std::string& reason) const {
  throw Error(fmt::format("'{}' is not a usable zip archive: {}", source_.name(), reason));
}

ZipReader::Directory ZipReader::find_directory() const {
  const std::uint64_t file_size = source_.size();
  if (file_size < end_of_directory_size) refuse("it is too short");
  std::vector<std::byte> tail(std::min(file_size, end_of_directory_size + longest_comment));
  source_.read(file_size - tail.size(), tail);
  for (std::size_t begin = tail.size() - end_of_directory_size + 1; begin-- > 0;) {
    Cursor cursor{std::span<const std::byte>(tail).subspan(begin)};
    std::uint32_t signature = 0;
    std::uint16_t disk = 0;
    std::uint16_t entries = 0;
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
    std::uint16_t comment = 0;
    cursor.take(signature);
    if (signature != end_of_directory_signature) continue;
    cursor.take(disk);
    cursor.take(disk);
    cursor.take(entries);
    cursor.take(entries);
    cursor.take(size);
    cursor.take(offset);
    cursor.take(comment);
    if (comment != cursor.left()) continue;
    if (entries == see_zip64_16 || size == see_zip64_32 || offset == see_zip64_32) {
      const std::uint64_t end = file_size - tail.size() + begin;
      if (end < locator64_size) refuse("its directory is missing");
      return read_end_of_directory64(end - locator64_size);
    }
    return {offset, size, entries};
  }
  refuse("it has no directory at its end; it may be truncated, or in PyTorch's format from before version 1.6");
}

ZipReader::Directory ZipReader::read_end_of_directory64(std::uint64_t locator) const {
  std::vector<std::byte> bytes(locator64_size);
  source_.read(locator, bytes);
  const auto end = load_little_endian<std::uint64_t>(std::span(bytes).subspan(8));
  if (load_little_endian<std::uint32_t>(bytes) != locator64_signature || end > locator ||
      locator - end < end_of_directory64_size) {
    refuse("its 64-bit directory is damaged");
  }
  bytes.resize(end_of_directory64_size);
  source_.read(end, bytes);
  const std::span<const std::byte> fields(bytes);
  if (load_little_endian<std::uint32_t>(fields) != end_of_directory64_signature) {
    refuse("its 64-bit directory is damaged");
  }
  return {load_little_endian<std::uint64_t>(fields.subspan(48)), load_little_endian<std::uint64_t>(fields.subspan(40)),
          load_little_endian<std::uint64_t>(fields.subspan(32))};
}

void ZipReader::read_directory(const Directory& directory) {
  const std::uint64_t file_size = source_.size();
  if (directory.begin > file_size || directory.size > file_size - directory.begin) {
    refuse("its directory lies outside the file");
  }
  if (directory.size > largest_directory || directory.entries > directory.size / directory_entry_size) {
    refuse("its directory has an impossible size");
  }
  std::vector<std::byte> bytes(directory.size);
  source_.read(directory.begin, bytes);
  Cursor cursor(bytes);
  for (std::uint64_t index = 0; index < directory.entries; ++index) {
    DirectoryEntry entry;
    if (!take_directory_entry(cursor, entry)) refuse("its directory is damaged");
    if ((entry.flags & encrypted_flag) != 0 || entry.method != 0 || entry.compressed_size != entry.size) {
      refuse(fmt::format("record '{}' is compressed or encrypted; PyTorch stores records as they are", entry.name));
    }
    const std::uint64_t begin = content_begin(entry.header, entry.name);
    if (entry.size > file_size - begin) refuse(fmt::format("record '{}' reaches beyond the end", entry.name));
    if (!records_.emplace(entry.name, Record{begin, entry.size, entry.checksum}).second) {
      refuse(fmt::format("record '{}' is there twice", entry.name));
    }
  }
}

std::uint64_t ZipReader::content_begin(std::uint64_t header, const std::string& record) const {
  const std::uint64_t file_size = source_.size();
  std::vector<std::byte> bytes(local_header_size);
  if (header > file_size || local_header_size > file_size - header) {
    refuse(fmt::format("record '{}' lies outside the file", record));
  }
  source_.read(header, bytes);
  const std::span<const std::byte> fields(bytes);
  if (load_little_endian<std::uint32_t>(fields) != local_header_signature) {
    refuse(fmt::format("record '{}' is not where the directory says", record));
  }
  const std::uint64_t begin = header + local_header_size + load_little_endian<std::uint16_t>(fields.subspan(26)) +
                              load_little_endian<std::uint16_t>(fields.subspan(28));
  if (begin > file_size) refuse(fmt::format("record '{}' lies outside the file", record));
  return begin;
}

void ZipReader::refuse_overlaps(const Directory& directory) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places{{directory.begin, directory.size}};
  for (const auto& [name, record] : records_) places.emplace_back(record.begin, record.size);
  std::ranges::sort(places);
  std::uint64_t end = 0;
  for (const auto& [begin, size] : places) {
    if (begin < end) refuse("its records overlap");
    end = begin + size;
  }
}

const ZipReader::Record& ZipReader::find(const std::string& record) const {
  const auto found = records_.find(record);
  if (found == records_.end()) refuse(fmt::format("it has no record '{}'", record));
  return found->second;
}

std::vector<std::string> ZipReader::names() const {
  std::vector<std::string> names;
  for (const auto& [name, record] : records_) names.push_back(name);
  return names;
}

void ZipReader::read(const std::string& record, std::span<std::byte> out) const {
  const Record& place = find(record);
  if (out.size() != place.size) refuse(fmt::format("record '{}' has another size than needed", record));
  source_.read(place.begin, out);
  if (place.checksum != 0 && Crc32::of(out) != place.checksum) {
    refuse(fmt::format("record '{}' is damaged: its checksum is wrong", record));
  }
}

std::vector<std::byte> ZipReader::read(const std::string& record) const {
  std::vector<std::byte> content(size(record));
  read(record, content);
  return content;
}

namespace {

/// What the local header and the directory entry have in common, from "version needed" to the extra field's size.
void append_description(std::vector<std::byte>& bytes, std::uint32_t checksum, std::size_t name_size,
                        std::size_t extra_size) {
  append_little_endian(bytes, version_of_zip64);
  append_little_endian(bytes, utf8_flag);
  append_little_endian(bytes, std::uint16_t{0});       // stored
  append_little_endian(bytes, std::uint16_t{0});       // time
  append_little_endian(bytes, std::uint16_t{0x0021});  // 1 January 1980: equal contents give equal files
  append_little_endian(bytes, checksum);
  append_little_endian(bytes, see_zip64_32);  // sizes: see the zip64 field
  append_little_endian(bytes, see_zip64_32);
  append_little_endian(bytes, static_cast<std::uint16_t>(name_size));
  append_little_endian(bytes, static_cast<std::uint16_t>(extra_size));
}

void append_zip64(std::vector<std::byte>& bytes, std::initializer_list<std::uint64_t> values) {
  append_little_endian(bytes, zip64_extra);
  append_little_endian(bytes, static_cast<std::uint16_t>(values.size() * sizeof(std::uint64_t)));
  for (const std::uint64_t value : values) append_little_endian(bytes, value);
}

void append_text(std::vector<std::byte>& bytes, std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), view.begin(), view.end());
}

}  // namespace

void ZipWriter::write(std::span<const std::byte> bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> content) {
  constexpr std::uint64_t extra_header = 4;
  constexpr std::uint64_t zip64_size = extra_header + 16;
  const Record record{name, position_, content.size(), Crc32::of(content)};
  const std::uint64_t unpadded = position_ + local_header_size + name.size() + zip64_size + extra_header;
  const std::uint64_t padding = (record_alignment - unpadded % record_alignment) % record_alignment;

  std::vector<std::byte> header;
  append_little_endian(header, local_header_signature);
  append_description(header, record.checksum, name.size(), zip64_size + extra_header + padding);
  append_text(header, name);
  append_zip64(header, {record.size, record.size});
  append_little_endian(header, padding_extra);
  append_little_endian(header, static_cast<std::uint16_t>(padding));
  append_text(header, std::string(padding, 'Z'));
  write(header);
  write(content);
  records_.push_back(record);
}

void ZipWriter::commit() {
  const std::uint64_t begin = position_;
  std::vector<std::byte> bytes;
  for (const Record& record : records_) {
    append_little_endian(bytes, directory_entry_signature);
    append_little_endian(bytes, version_of_zip64);  // made by
    append_description(bytes, record.checksum, record.name.size(), 28);
    append_little_endian(bytes, std::uint16_t{0});  // comment
    append_little_endian(bytes, std::uint16_t{0});  // disk
    append_little_endian(bytes, std::uint16_t{0});  // internal attributes
    append_little_endian(bytes, std::uint32_t{0});  // external attributes
    append_little_endian(bytes, see_zip64_32);      // local header: see the zip64 field
    append_text(bytes, record.name);
    append_zip64(bytes, {record.size, record.size, record.header});
  }
  const std::uint64_t size = bytes.size();
  append_little_endian(bytes, end_of_directory64_signature);
  append_little_endian(bytes, std::uint64_t{end_of_directory64_size - 12});
  append_little_endian(bytes, version_of_zip64);
  append_little_endian(bytes, version_of_zip64);
  append_little_endian(bytes, std::uint64_t{0});  // disks
  append_little_endian(bytes, std::uint64_t{records_.size()});
  append_little_endian(bytes, std::uint64_t{records_.size()});
  append_little_endian(bytes, size);
  append_little_endian(bytes, begin);
  append_little_endian(bytes, locator64_signature);
  append_little_endian(bytes, std::uint32_t{0});
  append_little_endian(bytes, begin + size);
  append_little_endian(bytes, std::uint32_t{1});
  append_little_endian(bytes, end_of_directory_signature);
  append_little_endian(bytes, std::uint32_t{0});
  append_little_endian(bytes, see_zip64_16);
  append_little_endian(bytes, see_zip64_16);
  append_little_endian(bytes, see_zip64_32);
  append_little_endian(bytes, see_zip64_32);
  append_little_endian(bytes, std::uint16_t{0});
  write(bytes);
  file_.commit();
}

}  // namespace matseq
