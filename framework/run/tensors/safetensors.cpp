#include "run/tensors/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "files/atomic_file.h"
#include "files/byte_source.h"
#include "files/checksum.h"
#include "files/little_endian.h"
#include "matseq/error.h"
#include "matseq/printable.h"

// The format: 8 bytes with the header's length, the header (a JSON object), the tensors' bytes without gaps.
// https://huggingface.co/docs/safetensors

namespace matseq {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t length_size = 8;
constexpr std::uint64_t alignment = 8;
constexpr std::uint64_t largest_header = 100'000'000;  // the format's own limit
constexpr std::uint64_t synced_at_once = 16'000'000;
constexpr const char* metadata_key = "__metadata__";
constexpr const char* checksum_key = "crc32c";

struct ElementType {
  std::string_view name;
  torch::ScalarType type;
};

constexpr std::array<ElementType, 8> element_types = {{
    {"F64", torch::kFloat64},
    {"F32", torch::kFloat32},
    {"F16", torch::kFloat16},
    {"BF16", torch::kBFloat16},
    {"I64", torch::kInt64},
    {"I32", torch::kInt32},
    {"U8", torch::kUInt8},
    {"BOOL", torch::kBool},
}};

/// A tensor's place among the bytes after the header.
struct Place {
  std::string name;
  torch::ScalarType type = torch::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::string_view name_of(const NamedTensor& named) {
  const auto found = std::ranges::find(element_types, named.tensor.scalar_type(), &ElementType::type);
  if (found == element_types.end()) {
    throw Error(fmt::format("tensor '{}' has type {}, which cannot be stored", named.name,
                            c10::toString(named.tensor.scalar_type())));
  }
  return found->name;
}

/// By falling width, then name, as the Python package orders them: every tensor begins aligned to its own width.
std::vector<const NamedTensor*> in_file_order(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& named : tensors) order.push_back(&named);
  std::ranges::sort(order, [](const NamedTensor* first, const NamedTensor* second) {
    return std::pair(second->tensor.element_size(), std::string_view(first->name)) <
           std::pair(first->tensor.element_size(), std::string_view(second->name));
  });
  return order;
}

Json make_header(const std::vector<const NamedTensor*>& tensors, const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor* named : tensors) {
    const std::uint64_t end = offset + named->tensor.nbytes();
    Json entry = {{"dtype", name_of(*named)}, {"shape", named->tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
    if (named->name == metadata_key || !header.emplace(named->name, std::move(entry)).second) {
      throw Error(fmt::format("there cannot be a second tensor '{}'", named->name));
    }
    offset = end;
  }
  return header;
}

/// Of a header without checksum; that of the tensors' bytes follows. JSON objects are sorted here, so that equal
/// headers have equal texts, whoever wrote them.
Crc32c begin_checksum(Json header) {
  const auto metadata = header.find(metadata_key);
  if (metadata != header.end() && metadata->is_object()) {
    metadata->erase(checksum_key);
    if (metadata->empty()) header.erase(metadata);
  }
  const std::string text = header.dump();
  Crc32c checksum;
  checksum.add(std::as_bytes(std::span(text)));
  return checksum;
}

std::string padded(std::string text) {
  text.append((alignment - text.size() % alignment) % alignment, ' ');
  return text;
}

/// A tensor's bytes as the file has them.
torch::Tensor on_cpu(const NamedTensor& named) { return named.tensor.detach().to(torch::kCPU).contiguous(); }

std::span<const std::byte> bytes_of(const torch::Tensor& content) {
  return {static_cast<const std::byte*>(content.data_ptr()), content.nbytes()};
}

std::string text_of(const Crc32c& checksum) { return fmt::format("{:08x}", checksum.value()); }

/// Reads what the header says, and believes none of it.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::uint64_t content_size) : content_size_(content_size) {
    header_ = Json::parse(text, &HeaderReader::refuse_depth);
    if (!header_.is_object()) throw Error("its header is not a JSON object");
  }

  Crc32c begin_checksum() const { return matseq::begin_checksum(header_); }

  std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> metadata;
    const auto found = header_.find(metadata_key);
    if (found == header_.end()) return metadata;
    if (!found->is_object()) throw Error("its metadata is not an object");
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string()) throw Error(fmt::format("its metadata '{}' is not a string", key));
      metadata.emplace(key, value.get<std::string>());
    }
    return metadata;
  }

  /// In the order of the file; together they fill the content, without gaps and overlaps.
  std::vector<Place> places() const {
    std::vector<Place> places;
    for (const auto& [name, entry] : header_.items()) {
      if (name != metadata_key) places.push_back(read_place(name, entry));
    }
    std::ranges::sort(places, {}, [](const Place& place) { return std::pair(place.begin, place.end); });
    std::uint64_t end = 0;
    for (const Place& place : places) {
      if (place.begin != end)
        throw Error(fmt::format("tensor '{}' does not begin where the one before ends", place.name));
      end = place.end;
    }
    if (end != content_size_) {
      throw Error(fmt::format("its tensors take {} bytes, but {} are there", end, content_size_));
    }
    return places;
  }

 private:
  static bool refuse_depth(int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    constexpr int deepest = 4;
    if (depth > deepest) throw Error("its header is nested too deeply");
    return true;
  }

  Place read_place(const std::string& name, const Json& entry) const {
    const auto refuse = [&name](std::string_view reason) {
      throw Error(fmt::format("tensor '{}' has {}", name, reason));
    };
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets")) {
      refuse("a description without dtype, shape and data_offsets");
    }
    Place place;
    place.name = name;
    place.type = read_type(name, entry["dtype"]);
    const Json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      refuse("data_offsets that are not two sizes");
    }
    place.begin = offsets[0].get<std::uint64_t>();
    place.end = offsets[1].get<std::uint64_t>();
    if (place.begin > place.end || place.end > content_size_) refuse("data_offsets outside the file");
    place.shape = read_shape(name, entry["shape"], place.end - place.begin, torch::elementSize(place.type));
    return place;
  }

  static torch::ScalarType read_type(const std::string& name, const Json& type) {
    const std::string text = type.is_string() ? type.get<std::string>() : "";
    const auto found = std::ranges::find(element_types, text, &ElementType::name);
    if (found == element_types.end()) {
      throw Error(
          fmt::format("tensor '{}' has the unknown dtype {}", name, type.is_string() ? text : type.type_name()));
    }
    return found->type;
  }

  /// The shape, whose elements must fill `bytes` exactly.
  static std::vector<std::int64_t> read_shape(const std::string& name, const Json& shape, std::uint64_t bytes,
                                              std::uint64_t width) {
    constexpr std::size_t most_dimensions = 64;
    std::vector<std::int64_t> sizes;
    std::uint64_t needed = width;
    bool fits = shape.is_array() && shape.size() <= most_dimensions;
    for (std::size_t dimension = 0; fits && dimension < shape.size(); ++dimension) {
      fits = shape[dimension].is_number_unsigned() &&
             shape[dimension].get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max() &&
             !__builtin_mul_overflow(needed, shape[dimension].get<std::uint64_t>(), &needed);
      if (fits) sizes.push_back(shape[dimension].get<std::int64_t>());
    }
    if (!fits || needed != bytes) throw Error(fmt::format("tensor '{}' has a shape that does not fit its bytes", name));
    return sizes;
  }

  Json header_;
  std::uint64_t content_size_;
};

torch::Tensor read_tensor(const ByteSource& source, std::uint64_t content, const Place& place, Crc32c& checksum) {
  // Bytes other than 0 and 1 are no bool; reading them as numbers first makes them one.
  const bool boolean = place.type == torch::kBool;
  torch::Tensor tensor = torch::empty(place.shape, boolean ? torch::kUInt8 : place.type);
  source.read(content + place.begin, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
  checksum.add(bytes_of(tensor));
  return boolean ? tensor.to(torch::kBool) : tensor;
}

/// The header as text, without its length.
std::string read_header(const ByteSource& source) {
  if (source.size() < length_size) throw Error("it is too short");
  std::array<std::byte, length_size> length{};
  source.read(0, length);
  const auto header_size = load_little_endian<std::uint64_t>(length);
  if (header_size > largest_header || header_size > source.size() - length_size) {
    throw Error(fmt::format("it is truncated, or not a safetensors file: its header would have {} bytes", header_size));
  }
  std::string header(header_size, '\0');
  source.read(length_size, std::as_writable_bytes(std::span(header)));
  return header;
}

/// Reads all of a file, or only its metadata.
SafetensorsFile read_checked(const ByteSource& source, bool with_tensors) {
  const std::string header = read_header(source);
  const std::uint64_t content = length_size + header.size();
  const HeaderReader reader(header, source.size() - content);
  SafetensorsFile file;
  file.name = source.name();
  file.metadata = reader.metadata();
  const std::vector<Place> places = reader.places();
  if (!with_tensors) return file;
  Crc32c checksum = reader.begin_checksum();
  for (const Place& place : places) file.tensors.push_back({place.name, read_tensor(source, content, place, checksum)});
  const std::string expected = safetensors_checksum(file.metadata);
  if (!expected.empty() && expected != text_of(checksum)) {
    throw Error("it is damaged: its content does not have its checksum");
  }
  std::ranges::sort(file.tensors, {}, &NamedTensor::name);
  return file;
}

SafetensorsFile read_source(const ByteSource& source, bool with_tensors = true) {
  const auto describe = [&source](std::string reason) {
    return Error(fmt::format("cannot read tensors from '{}': {}", source.name(), printable(reason, 400)));
  };
  try {
    return read_checked(source, with_tensors);
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw describe(error.what());
  } catch (const Json::exception& error) {
    throw describe(std::string("its header is not JSON: ") + error.what());
  } catch (const c10::Error& error) {
    throw describe(error.what_without_backtrace());
  }
}

}  // namespace

const torch::Tensor& SafetensorsFile::at(const std::string& wanted) const {
  const auto found = std::ranges::lower_bound(tensors, wanted, {}, &NamedTensor::name);
  if (found == tensors.end() || found->name != wanted) {
    throw Error(fmt::format("'{}' has no tensor '{}'", name, wanted));
  }
  return found->tensor;
}

std::string write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata,
                              const std::function<void(std::uint64_t more_bytes)>& note_progress) {
  const std::vector<const NamedTensor*> order = in_file_order(tensors);
  Json header;
  Crc32c checksum;
  try {
    header = make_header(order, metadata);
    checksum = begin_checksum(header);
  } catch (const std::exception& error) {
    throw Error(fmt::format("cannot write tensors to '{}': {}", path.string(), error.what()));
  }
  // The header, which has the checksum, comes before the tensors: those of a GPU are all brought here first.
  std::vector<torch::Tensor> contents;
  for (const NamedTensor* named : order) {
    contents.push_back(on_cpu(*named));
    checksum.add(bytes_of(contents.back()));
  }
  header[metadata_key][checksum_key] = text_of(checksum);
  const std::string text = padded(header.dump());
  std::vector<std::byte> length;
  append_little_endian(length, std::uint64_t{text.size()});
  AtomicFile file(path);
  file.write(length);
  file.write(text);
  std::uint64_t not_synced = 0;
  for (const torch::Tensor& content : contents) {
    file.write(bytes_of(content));
    not_synced += content.nbytes();
    // The system would put almost all of it on the disk only at the end, and nobody would see how far that has come.
    if (!note_progress || not_synced < synced_at_once) continue;
    file.sync();
    note_progress(not_synced);
    not_synced = 0;
  }
  file.commit();
  return text_of(checksum);
}

std::string safetensors_checksum(const std::map<std::string, std::string>& metadata) {
  const auto found = metadata.find(checksum_key);
  return found == metadata.end() ? "" : found->second;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) { return read_source(FileSource(path)); }

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  return read_source(FileSource(path), false).metadata;
}

SafetensorsFile read_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  return read_source(MemorySource(bytes, name));
}

}  // namespace matseq
