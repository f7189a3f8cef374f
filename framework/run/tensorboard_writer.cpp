#include "run/tensorboard_writer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <span>
#include <string_view>

#include "files/checksum.h"

namespace matseq {

namespace {

constexpr int event_flags = O_RDWR | O_APPEND | O_NOFOLLOW;

// Fields of the protocol buffers and the ways in which their values are written.
enum Wire : std::uint8_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };
constexpr std::uint32_t event_wall_time = 1;
constexpr std::uint32_t event_step = 2;
constexpr std::uint32_t event_file_version = 3;
constexpr std::uint32_t event_summary = 5;
constexpr std::uint32_t summary_value = 1;
constexpr std::uint32_t value_tag = 1;
constexpr std::uint32_t value_simple_value = 2;

template <typename Number>
void append_number(std::string& bytes, Number number) {
  static_assert(std::endian::native == std::endian::little);
  std::array<char, sizeof number> raw{};
  std::memcpy(raw.data(), &number, sizeof number);
  bytes.append(raw.data(), raw.size());
}

void append_varint(std::string& bytes, std::uint64_t number) {
  constexpr std::uint64_t more = 0x80;
  for (; number >= more; number >>= 7) bytes += static_cast<char>(number | more);
  bytes += static_cast<char>(number);
}

void append_key(std::string& bytes, std::uint32_t field, Wire wire) { append_varint(bytes, field << 3 | wire); }

void append_text(std::string& bytes, std::uint32_t field, std::string_view text) {
  append_key(bytes, field, delimited);
  append_varint(bytes, text.size());
  bytes += text;
}

/// An event of this moment, without content.
std::string begin_event(std::int64_t update) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string event;
  append_key(event, event_wall_time, fixed64);
  append_number(event, std::chrono::duration<double>(now).count());
  append_key(event, event_step, varint);
  append_varint(event, static_cast<std::uint64_t>(update));
  return event;
}

/// The checksum as TensorFlow masks it, lest it be computed over data that holds checksums itself.
std::uint32_t masked_checksum(std::span<const std::byte> bytes) {
  constexpr std::uint32_t mask = 0xa282ead8;
  return std::rotr(Crc32c::of(bytes), 15) + mask;
}

std::string to_record(const std::string& content) {
  std::string record;
  append_number(record, std::uint64_t{content.size()});
  append_number(record, masked_checksum(std::as_bytes(std::span(record))));
  record += content;
  append_number(record, masked_checksum(std::as_bytes(std::span(content))));
  return record;
}

bool is_there(const std::filesystem::path& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

}  // namespace

// Without time, host and process, which TensorFlow's names have: equal runs have equal files.
std::string TensorBoardWriter::free_name(const std::filesystem::path& folder) {
  for (std::int64_t number = 0;; ++number) {
    std::string name = fmt::format("events.out.tfevents.{}.matseq", number);
    if (!is_there(folder / name)) return name;
  }
}

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder, const std::string& name, std::uint64_t size)
    : path_(folder / (name.empty() ? free_name(folder) : name)), size_(size) {
  if (is_there(path_)) file_ = FileDescriptor(path_, event_flags);
  if ((file_.is_open() ? file_.size() : 0) < size_) {
    file_ = FileDescriptor();
    path_ = folder / free_name(folder);
    size_ = 0;
  } else if (file_.is_open()) {
    file_.truncate(size_);
  }
}

void TensorBoardWriter::add(std::int64_t update, const std::vector<std::pair<std::string, double>>& scalars) {
  if (!file_.is_open()) file_ = FileDescriptor(path_, event_flags | O_CREAT | O_EXCL);
  if (size_ == 0) {
    std::string event = begin_event(0);
    append_text(event, event_file_version, "brain.Event:2");
    write(event);
  }
  std::string summary;
  for (const auto& [tag, scalar] : scalars) {
    std::string value;
    append_text(value, value_tag, tag);
    append_key(value, value_simple_value, fixed32);
    append_number(value, static_cast<float>(scalar));
    append_text(summary, summary_value, value);
  }
  std::string event = begin_event(update);
  append_text(event, event_summary, summary);
  write(event);
}

void TensorBoardWriter::write(const std::string& event) {
  const std::string record = to_record(event);
  file_.write(record);
  size_ += record.size();
}

void TensorBoardWriter::sync() {
  if (file_.is_open()) file_.sync();
}

}  // namespace matseq
