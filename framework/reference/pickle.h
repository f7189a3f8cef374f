/// \file
/// Reads the part of Python's pickle format that checkpoints use, and executes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace matseq {

/// The values of a pickle, as plain data.
///
/// A pickle is a program for a small machine that may call any Python function by name. This reader knows a short list
/// of names, builds what they mean itself, and refuses every other name. Values live in one flat list and refer to each
/// other by index, because a pickle may share a value many times or make one contain itself: whoever follows references
/// must limit depth and count.
class Pickle {
 public:
  using Index = std::uint32_t;

  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    list,
    tuple,
    dictionary,  ///< dict, OrderedDict and argparse.Namespace: `items` holds key, value, key, value, ...
    storage,     ///< a tensor's memory
    tensor,      ///< a view of a storage
    name,        ///< one of the allowed Python names
    number_type  ///< NumPy's description of a scalar
  };

  struct Value {
    Kind kind = Kind::none;
    std::int64_t integer = 0;  ///< boolean and integer; of a storage: its elements; of a tensor: its first element
    double real = 0;           ///< real
    std::string text;          ///< text, bytes, name ("torch.FloatStorage"), of a storage the key of its record
    /// list, tuple, dictionary; of a storage: the name of its type; of a tensor: its storage, the tuple of its sizes
    /// and that of its strides in elements, both of integers and of at most 16, but not checked against the storage.
    std::vector<Index> items;
  };

  /// Parses a pickle of protocol 2 to 5, at most 32 MiB and 2 million values. Memory is proportional to its length.
  /// Throws Error that names what it refuses.
  static Pickle parse(std::span<const std::byte> bytes);

  const Value& root() const { return values_[root_]; }
  const Value& operator[](Index index) const { return values_[index]; }

  /// What `dictionary` holds under this text, the last one when there are several, as in Python.
  const Value* find(const Value& dictionary, std::string_view key) const;

 private:
  friend class PickleMachine;

  std::vector<Value> values_;
  Index root_ = 0;
};

/// "a list", "a tensor", ... for messages.
std::string_view describe(Pickle::Kind kind);

}  // namespace matseq
