/// \file
/// Tensor files in the safetensors format, which Python's `safetensors` opens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

/// The content of a safetensors file.
struct SafetensorsFile {
  std::vector<NamedTensor> tensors;  ///< on the CPU, by name
  std::map<std::string, std::string> metadata;

  /// The tensor of this name; throws Error that names the file when there is none.
  const torch::Tensor& at(const std::string& name) const;

  std::string name;  ///< of the file, for messages
};

/// Writes tensors (float64, float32, float16, bfloat16, int64, int32, uint8, bool; on any device, of any strides) and
/// metadata; the file appears whole or not at all. Each is written in full, tied ones too. A checksum of everything
/// goes into the metadata, as "crc32c"; returns it. Throws Error with the path for repeated names, other types, and
/// what the system refuses. `note_progress` is told how many more bytes of tensors are on the disk.
std::string write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata = {},
                              const std::function<void(std::uint64_t more_bytes)>& note_progress = nullptr);

/// Reads a whole file. Everything it says about itself is checked first, so that memory is proportional to its size; if
/// it has a checksum (other programs write none), that is checked, too.
/// Throws Error with path and reason.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
/// The same from memory; `name` stands for the path in messages.
SafetensorsFile read_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// The checksum in a file's metadata; empty when it has none.
std::string safetensors_checksum(const std::map<std::string, std::string>& metadata);

/// Only the metadata, without reading the tensors.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

}  // namespace matseq
