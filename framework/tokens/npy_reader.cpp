// NumPy's file of one array (numpy.lib.format): a header that is a Python literal, then the entries.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "files/little_endian.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "tokens/matrix_formats.h"

namespace matseq {
namespace {

constexpr std::size_t longest_header = 65536;
/// Of an array that has to be in memory as a whole.
constexpr std::uint64_t most_at_once = 16'000'000;

template <typename Number>
double entry_as(const std::byte* bytes) {
  return static_cast<double>(load_little_endian<Number>({bytes, sizeof(Number)}));
}

/// IEEE 754's numbers of 16 bits, which C++ has no type for.
double half_as_double(const std::byte* bytes) {
  const auto bits = load_little_endian<std::uint16_t>({bytes, 2});
  const int exponent = (bits >> 10U) & 31;
  const double fraction = bits & 1023;
  double magnitude = std::ldexp(exponent == 0 ? fraction : 1024 + fraction, std::max(exponent, 1) - 25);
  if (exponent == 31) magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  return std::copysign(magnitude, bits < 0x8000U ? 1.0 : -1.0);
}

/// How an entry is stored, but for its byte order.
struct EntryType {
  std::string_view name;
  std::size_t size;
  double (*read)(const std::byte*);
};

constexpr std::array<EntryType, 11> entry_types = {{
    {"f8", 8, entry_as<double>},
    {"f4", 4, entry_as<float>},
    {"f2", 2, half_as_double},
    {"i1", 1, entry_as<std::int8_t>},
    {"i2", 2, entry_as<std::int16_t>},
    {"i4", 4, entry_as<std::int32_t>},
    {"i8", 8, entry_as<std::int64_t>},
    {"u1", 1, entry_as<std::uint8_t>},
    {"u2", 2, entry_as<std::uint16_t>},
    {"u4", 4, entry_as<std::uint32_t>},
    {"u8", 8, entry_as<std::uint64_t>},
}};

class NpyReader : public MatrixReader {
 public:
  NpyReader(std::istream& input, std::string name) : input_(input), name_(std::move(name)) {}

  bool next(ReadMatrix& read) override {
    if (!begun_) {
      begun_ = true;
      if (input_.rdbuf()->sgetc() == std::char_traits<char>::eof()) return false;
      read_header();
    }
    if (number_ == matrices_) {
      if (matrices_ > 0 && input_.rdbuf()->sgetc() != std::char_traits<char>::eof()) {
        refuse("there is more in the file than the array");
      }
      return false;
    }
    read.place = matrices_ == 1 ? name_ : fmt::format("{}: matrix {}", name_, number_ + 1);
    read.task.clear();
    read.matrix.resize(rows_, columns_);
    if (fortran_) {
      take_strided(read.matrix);
    } else {
      take_rows(read.matrix);
    }
    ++number_;
    return true;
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  void read_bytes(std::byte* to, std::size_t count) {
    if (!input_.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count))) {
      refuse("the file ends before the array does");
    }
  }

  void read_header() {
    std::array<std::byte, 8> begin{};
    read_bytes(begin.data(), begin.size());
    if (std::memcmp(begin.data(), "\x93NUMPY", 6) != 0) refuse("no .npy file: it does not begin with \\x93NUMPY");
    const auto version = std::to_integer<unsigned>(begin[6]);
    if (version < 1 || version > 3) refuse(fmt::format("version {} of the format; 1 to 3 are read", version));
    std::array<std::byte, 4> length_bytes{};
    read_bytes(length_bytes.data(), version == 1 ? 2 : 4);
    const auto length = load_little_endian<std::uint32_t>(length_bytes);
    if (length > longest_header)
      refuse(fmt::format("a header of {} bytes; at most {} are read", length, longest_header));
    std::vector<std::byte> bytes(length);
    read_bytes(bytes.data(), length);
    header_.assign(reinterpret_cast<const char*>(bytes.data()), length);
    read_entry_type();
    fortran_ = value_of("fortran_order").starts_with("True");
    read_shape();
  }

  /// What follows a key of the header.
  std::string_view value_of(std::string_view key) const {
    for (const char quote : {'\'', '"'}) {
      const std::string quoted = quote + std::string(key) + quote;
      std::size_t at = header_.find(quoted);
      if (at == header_.npos) continue;
      at = header_.find(':', at + quoted.size());
      if (at == header_.npos) continue;
      at = header_.find_first_not_of(' ', at + 1);
      if (at != header_.npos) return std::string_view(header_).substr(at);
    }
    refuse(fmt::format("the header has no '{}'", key));
  }

  void read_entry_type() {
    const std::string_view value = value_of("descr");
    const bool quoted = value.starts_with('\'') || value.starts_with('"');
    const std::string_view name = quoted ? value.substr(1, std::min(value.find(value[0], 1), value.size()) - 1) : value;
    const char order = name.empty() ? ' ' : name[0];  // '|': of one byte
    const auto* const found = std::ranges::find(entry_types, name.substr(name.empty() ? 0 : 1), &EntryType::name);
    if (found == entry_types.end() || (order != '<' && order != '>' && (order != '|' || found->size != 1))) {
      refuse(fmt::format("entries of type '{}'; read are float16, float32, float64 and integers", printable(name, 40)));
    }
    type_ = found;
    big_endian_ = order == '>';
  }

  void read_shape() {
    const std::string_view value = value_of("shape");
    if (!value.starts_with('(') || value.find(')') == value.npos) refuse("the header's 'shape' is no tuple");
    std::vector<std::uint64_t> shape;
    for (std::string_view rest = value.substr(1, value.find(')') - 1); !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view text = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (text.find_first_not_of(' ') == text.npos) continue;
      shape.push_back(dimension(text.substr(text.find_first_not_of(' '))));
    }
    if (shape.empty() || shape.size() > 3) {
      refuse(fmt::format("an array of {} dimensions; 1 (a row), 2 (a matrix) and 3 (matrices) are read", shape.size()));
    }
    columns_ = shape.back();
    rows_ = shape.size() > 1 ? shape[shape.size() - 2] : 1;
    matrices_ = shape.size() > 2 ? shape[0] : 1;
    require_readable_shape(rows_, columns_, name_);
    if (fortran_ && matrices_ > most_at_once / (rows_ * columns_)) {
      refuse(fmt::format("an array of {} x {} x {} in Fortran order; at most {} entries are read so", matrices_, rows_,
                         columns_, most_at_once));
    }
  }

  std::uint64_t dimension(std::string_view text) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc{} || rest.find_first_not_of(" L") != rest.npos) {
      refuse(fmt::format("the dimension '{}' is no natural number", printable(text, 40)));
    }
    return value;
  }

  void take_rows(Matrix& matrix) {
    bytes_.resize(matrix.size() * type_->size);
    read_bytes(bytes_.data(), bytes_.size());
    make_little_endian();
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix.values()[i] = type_->read(bytes_.data() + i * type_->size);
  }

  /// All of the entries that have been read.
  void make_little_endian() {
    if (!big_endian_) return;
    for (auto entry = bytes_.begin(); entry != bytes_.end();) {
      const auto end = entry + static_cast<std::ptrdiff_t>(type_->size);
      std::reverse(entry, end);
      entry = end;
    }
  }

  /// In Fortran order the first index runs fastest: the matrices of an array are interleaved.
  void take_strided(Matrix& matrix) {
    if (number_ == 0) {
      bytes_.clear();
      // Piece by chunk, so that a header cannot ask for memory that the file does not fill.
      for (std::size_t left = matrices_ * matrix.size() * type_->size; left > 0;) {
        const std::size_t chunk = std::min(left, std::size_t{1} << 20U);
        bytes_.resize(bytes_.size() + chunk);
        read_bytes(bytes_.data() + bytes_.size() - chunk, chunk);
        left -= chunk;
      }
      make_little_endian();
    }
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t column = 0; column < columns_; ++column) {
        const std::size_t at = number_ + matrices_ * (row + rows_ * column);
        matrix(row, column) = type_->read(bytes_.data() + at * type_->size);
      }
    }
  }

  std::istream& input_;
  std::string name_;
  bool begun_ = false;
  std::string header_;
  const EntryType* type_ = nullptr;
  bool big_endian_ = false;
  bool fortran_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t columns_ = 0;
  std::uint64_t matrices_ = 0;
  std::uint64_t number_ = 0;  ///< of the next matrix
  std::vector<std::byte> bytes_;
};

}  // namespace

std::unique_ptr<MatrixReader> make_npy_reader(std::istream& input, const std::string& name) {
  return std::make_unique<NpyReader>(input, name);
}

}  // namespace matseq
