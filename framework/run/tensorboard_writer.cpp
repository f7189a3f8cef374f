#include "run/tensorboard_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include "files/checksum.h"
#include "matseq/error.h"

namespace matseq {

namespace {

constexpr std::string_view name_prefix = "events.out.tfevents.";

// Fields of the protocol buffers and the ways in which their values are written.
enum Wire : std::uint8_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };
constexpr std::uint32_t event_wall_time = 1;
constexpr std::uint32_t event_step = 2;
constexpr std::uint32_t event_file_version = 3;
constexpr std::uint32_t event_summary = 5;
constexpr std::uint32_t summary_value = 1;
constexpr std::uint32_t value_tag = 1;
constexpr std::uint32_t value_simple_value = 2;

// A record: length, its checksum, the content, its checksum.
constexpr std::uint64_t record_header = 12;
constexpr std::uint64_t record_overhead = 16;

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

template <typename Number>
Number number_at(std::string_view bytes, std::size_t place) {
  Number number{};
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

/// The content of the record at `offset`, or none when it is cut short or damaged.
std::optional<std::string> read_record(const FileDescriptor& file, std::uint64_t offset, std::uint64_t file_size) {
  if (file_size - offset < record_overhead) return std::nullopt;
  std::string header(record_header, '\0');
  file.read(offset, std::as_writable_bytes(std::span(header)));
  const auto length = number_at<std::uint64_t>(header, 0);
  const auto checksum = number_at<std::uint32_t>(header, sizeof length);
  if (checksum != masked_checksum(std::as_bytes(std::span(header).first(sizeof length)))) return std::nullopt;
  if (length > file_size - offset - record_overhead) return std::nullopt;
  std::string content(length + sizeof checksum, '\0');
  file.read(offset + record_header, std::as_writable_bytes(std::span(content)));
  const auto expected = number_at<std::uint32_t>(content, length);
  content.resize(length);
  if (expected != masked_checksum(std::as_bytes(std::span(content)))) return std::nullopt;
  return content;
}

/// The update of an event as `begin_event` writes it; 0 for one without.
std::uint64_t update_of(std::string_view event) {
  constexpr std::size_t step_place = 9;  // after the key and the 8 bytes of the wall time
  std::uint64_t update = 0;
  if (event.size() <= step_place || event[step_place] != (event_step << 3 | varint)) return 0;
  int shift = 0;
  for (std::size_t place = step_place + 1; place < event.size() && shift < 64; ++place, shift += 7) {
    update |= (static_cast<std::uint64_t>(event[place]) & 0x7F) << shift;
    if ((event[place] & 0x80) == 0) break;
  }
  return update;
}

/// Where the whole records of updates up to `last_update` end.
std::uint64_t end_of_records(const FileDescriptor& file, std::int64_t last_update) {
  const std::uint64_t size = file.size();
  std::uint64_t end = 0;
  while (const auto event = read_record(file, end, size)) {
    if (update_of(*event) > static_cast<std::uint64_t>(last_update)) break;
    end += record_overhead + event->size();
  }
  return end;
}

/// The event file that is there, or the name for a new one.
std::filesystem::path choose_file(const std::filesystem::path& folder) {
  std::filesystem::path last;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    if (entry.path().filename().string().starts_with(name_prefix) && entry.path() > last) last = entry.path();
  }
  if (failure) throw Error(fmt::format("cannot read folder '{}': {}", folder.string(), failure.message()));
  if (!last.empty()) return last;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) std::strcpy(host.data(), "host");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return folder / fmt::format("{}{:010}.{}.{}.matseq", name_prefix, seconds, host.data(), ::getpid());
}

}  // namespace

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder, std::int64_t last_update)
    : file_(choose_file(folder), O_RDWR | O_CREAT | O_APPEND) {
  const std::uint64_t end = end_of_records(file_, last_update);
  file_.truncate(end);
  if (end > 0) return;
  std::string event = begin_event(0);
  append_text(event, event_file_version, "brain.Event:2");
  file_.write(to_record(event));
}

void TensorBoardWriter::add(std::int64_t update, const std::vector<std::pair<std::string, double>>& scalars) {
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
  file_.write(to_record(event));
}

}  // namespace matseq
