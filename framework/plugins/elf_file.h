/// \file
/// Reads a shared library as a file, without loading it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "files/byte_source.h"

namespace matseq {

/// The first bytes, `most` of them if it has so many, that the library's exported object `symbol` has in the file; none
/// when it exports no such object. Throws Error with the reason when the file is not a whole shared library for this
/// machine: the dynamic loader maps files without such checks, and touching what lies beyond a file's end is a bus
/// error.
std::optional<std::vector<std::byte>> read_exported_object(const ByteSource& file, std::string_view symbol,
                                                           std::size_t most);

}  // namespace matseq
