#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include "files/byte_source.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "reference/pickle.h"
#include "reference/tensors/reference_checkpoint.h"
#include "reference/zip_archive.h"

namespace matseq {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Pickle::Kind;
using NoteBytes = std::function<void(std::uint64_t)>;

constexpr std::size_t largest_json = std::size_t{2} << 20;  // letters and values
constexpr int deepest_json = 32;

/// The type of a storage's elements, from the name of its class.
torch::ScalarType element_type(std::string_view storage) {
  constexpr std::array<std::pair<std::string_view, torch::ScalarType>, 10> types = {{
      {"torch.DoubleStorage", torch::kFloat64},
      {"torch.FloatStorage", torch::kFloat32},
      {"torch.HalfStorage", torch::kFloat16},
      {"torch.BFloat16Storage", torch::kBFloat16},
      {"torch.LongStorage", torch::kInt64},
      {"torch.IntStorage", torch::kInt32},
      {"torch.ShortStorage", torch::kInt16},
      {"torch.CharStorage", torch::kInt8},
      {"torch.ByteStorage", torch::kUInt8},
      {"torch.BoolStorage", torch::kBool},
  }};
  const auto found = std::ranges::find(types, storage, &std::pair<std::string_view, torch::ScalarType>::first);
  if (found == types.end()) throw Error(fmt::format("storage type '{}' is not supported", storage));
  return found->second;
}

/// The folder in the archive that holds everything: "NAME/data.pkl" gives "NAME/".
std::string find_prefix(const ZipReader& archive) {
  constexpr std::string_view pickle_name = "data.pkl";
  for (const std::string& name : archive.names()) {
    const bool first_level = std::ranges::count(name, '/') == 1;
    if (first_level && name.ends_with("/data.pkl")) return name.substr(0, name.size() - pickle_name.size());
  }
  throw Error("it is a zip archive, but not one of PyTorch's: there is no data.pkl");
}

class ReferenceReader {
 public:
  ReferenceReader(const ByteSource& source, const NoteBytes& note_progress)
      : archive_(source),
        prefix_(find_prefix(archive_)),
        pickle_(Pickle::parse(archive_.read(prefix_ + "data.pkl"))),
        note_progress_(note_progress) {
    check_byte_order();
  }

  ReferenceCheckpoint read() {
    const Pickle::Value& root = pickle_.root();
    if (root.kind != Kind::dictionary) refuse(root, "the checkpoint", "a dict");
    ReferenceCheckpoint checkpoint;
    checkpoint.encoder = to_tensors(required(root, "encoder"), "encoder");
    checkpoint.decoder = to_tensors(required(root, "decoder"), "decoder");
    checkpoint.params = to_json(required(root, "params"), "params");
    if (!checkpoint.params.is_object()) refuse(required(root, "params"), "params", "a dict");
    checkpoint.epoch = integer(root, "epoch");
    checkpoint.n_total_iter = integer(root, "n_total_iter");
    if (const auto* metrics = present(root, "best_metrics"))
      checkpoint.best_metrics = to_json(*metrics, "best_metrics");
    if (const auto* best = present(root, "best_stopping_criterion")) {
      checkpoint.best_stopping_criterion = to_json(*best, "best_stopping_criterion");
    }
    if (const auto* optimizer = present(root, "optimizer")) checkpoint.optimizer = to_optimizer(*optimizer);
    if (const auto* scaler = present(root, "scaler")) checkpoint.scaler = to_json(*scaler, "scaler");
    return checkpoint;
  }

 private:
  void check_byte_order() const {
    const std::string record = prefix_ + "byteorder";
    if (!archive_.has(record)) return;
    const std::vector<std::byte> order = archive_.read(record);
    constexpr std::string_view little = "little";
    if (!std::ranges::equal(order, std::as_bytes(std::span(little)))) throw Error("its numbers are not little-endian");
  }

  [[noreturn]] static void refuse(const Pickle::Value& value, const std::string& what, std::string_view wanted) {
    throw Error(fmt::format("{} is {} instead of {}", what, describe(value.kind), wanted));
  }

  const Pickle::Value& required(const Pickle::Value& dictionary, const std::string& key) const {
    const Pickle::Value* found = pickle_.find(dictionary, key);
    if (found == nullptr) throw Error(fmt::format("it is not a checkpoint of the reference: it has no '{}'", key));
    return *found;
  }

  /// Neither missing nor None.
  const Pickle::Value* present(const Pickle::Value& dictionary, const std::string& key) const {
    const Pickle::Value* found = pickle_.find(dictionary, key);
    return found != nullptr && found->kind != Kind::none ? found : nullptr;
  }

  std::int64_t integer(const Pickle::Value& dictionary, const std::string& key) const {
    const Pickle::Value* found = present(dictionary, key);
    if (found == nullptr) return 0;
    if (found->kind != Kind::integer || found->integer < 0) refuse(*found, key, "an int from 0");
    return found->integer;
  }

  std::string key_text(Pickle::Index index, const std::string& place) const {
    const Pickle::Value& key = pickle_[index];
    if (key.kind == Kind::integer) return std::to_string(key.integer);
    if (key.kind != Kind::text) refuse(key, fmt::format("a key of {}", place), "a string");
    return key.text;
  }

  // Plain values.

  Json to_json(const Pickle::Value& value, const std::string& place, int depth = 0) {
    if (depth > deepest_json) throw Error(fmt::format("{} is nested too deeply", place.substr(0, 64)));
    spend(1 + value.text.size());
    switch (value.kind) {
      case Kind::none:
        return nullptr;
      case Kind::boolean:
        return value.integer != 0;
      case Kind::integer:
        return value.integer;
      case Kind::real:
        return value.real;
      case Kind::text:
        return valid_text(value.text, place);
      case Kind::list:
      case Kind::tuple: {
        Json array = Json::array();
        for (const Pickle::Index item : value.items) array.push_back(to_json(pickle_[item], place + "[]", depth + 1));
        return array;
      }
      case Kind::dictionary: {
        // By a map first: an ordered_json looks for each key among all before it.
        std::map<std::string, std::size_t> places;
        std::vector<std::pair<std::string, Json>> members;
        for (std::size_t item = 0; item + 1 < value.items.size(); item += 2) {
          std::string key = valid_text(key_text(value.items[item], place), place);
          spend(key.size());
          Json member = to_json(pickle_[value.items[item + 1]], place + "." + key, depth + 1);
          const auto [found, added] = places.emplace(key, members.size());
          if (added) {
            members.emplace_back(std::move(key), std::move(member));
          } else {
            members[found->second].second = std::move(member);
          }
        }
        Json object = Json::object();
        auto& content = object.get_ref<Json::object_t&>();
        for (auto& [key, member] : members)
          content.std::vector<Json::object_t::value_type>::emplace_back(key, std::move(member));
        return object;
      }
      default:
        refuse(value, place, "a plain value");
    }
  }

  void spend(std::size_t units) {
    if (units > json_budget_) throw Error("its settings are too large");
    json_budget_ -= units;
  }

  /// JSON is UTF-8; the library finds out whether this is.
  static std::string valid_text(const std::string& text, const std::string& place) {
    try {
      static_cast<void>(nlohmann::json(text).dump());
    } catch (const nlohmann::json::exception&) {
      throw Error(fmt::format("a string in {} is not valid UTF-8", place));
    }
    return text;
  }

  // Tensors.

  /// A whole storage as a 1-dimensional tensor, read once.
  const torch::Tensor& storage(const Pickle::Value& value) {
    const torch::ScalarType type = element_type(pickle_[value.items[0]].text);
    const auto found = storages_.find(value.text);
    if (found != storages_.end()) {
      if (found->second.scalar_type() != type || found->second.numel() != value.integer) {
        throw Error(fmt::format("storage '{}' is described in two ways", value.text));
      }
      return found->second;
    }
    const std::string record = prefix_ + "data/" + value.text;
    const std::uint64_t bytes = archive_.size(record);
    const std::uint64_t width = torch::elementSize(type);
    if (value.integer < 0 || bytes % width != 0 || bytes / width != static_cast<std::uint64_t>(value.integer)) {
      throw Error(fmt::format("storage '{}' should hold {} elements of {} bytes but has {} bytes", value.text,
                              value.integer, width, bytes));
    }
    const torch::Tensor& read = storages_.emplace(value.text, read_storage(record, value.integer, type)).first->second;
    bytes_read_ += bytes;
    if (note_progress_) note_progress_(bytes_read_);
    return read;
  }

  torch::Tensor read_storage(const std::string& record, std::int64_t elements, torch::ScalarType type) const {
    // Bytes other than 0 and 1 are no bool; reading them as numbers first makes them one.
    const bool boolean = type == torch::kBool;
    torch::Tensor content = torch::empty({elements}, boolean ? torch::kUInt8 : type);
    archive_.read(record, {static_cast<std::byte*>(content.data_ptr()), content.nbytes()});
    return boolean ? content.to(torch::kBool) : content;
  }

  std::vector<std::int64_t> integers(const Pickle::Value& tuple) const {
    std::vector<std::int64_t> numbers;
    for (const Pickle::Index item : tuple.items) numbers.push_back(pickle_[item].integer);
    return numbers;
  }

  torch::Tensor to_tensor(const Pickle::Value& value, const std::string& name) {
    if (value.kind != Kind::tensor) refuse(value, name, "a tensor");
    const torch::Tensor& whole = storage(pickle_[value.items[0]]);
    const std::vector<std::int64_t> sizes = integers(pickle_[value.items[1]]);
    const std::vector<std::int64_t> strides = integers(pickle_[value.items[2]]);
    if (!lies_within(value.integer, sizes, strides, whole.numel())) {
      throw Error(fmt::format("tensor '{}' reaches beyond its storage", name));
    }
    return whole.as_strided(sizes, strides, value.integer);
  }

  /// Whether all elements lie in the storage, no matter how large the numbers are. A tensor with more elements than its
  /// storage (PyTorch's `expand`) is refused too: it would be as large as it claims once it is copied.
  static bool lies_within(std::int64_t offset, const std::vector<std::int64_t>& sizes,
                          const std::vector<std::int64_t>& strides, std::int64_t elements) {
    if (sizes.size() != strides.size() || offset < 0 || offset > elements) return false;
    std::int64_t count = 1;
    std::int64_t last = offset;
    for (std::size_t dimension = 0; dimension < sizes.size(); ++dimension) {
      std::int64_t reach = 0;
      if (sizes[dimension] < 0 || strides[dimension] < 0 || __builtin_mul_overflow(count, sizes[dimension], &count) ||
          __builtin_mul_overflow(std::max<std::int64_t>(sizes[dimension] - 1, 0), strides[dimension], &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        return false;
      }
    }
    return count == 0 || (count <= elements && last < elements);
  }

  std::vector<NamedTensor> to_tensors(const Pickle::Value& value, const std::string& place) {
    constexpr std::string_view multi_gpu_prefix = "module.";
    if (value.kind != Kind::dictionary) refuse(value, place, "a dict of tensors");
    std::vector<NamedTensor> tensors;
    for (std::size_t item = 0; item + 1 < value.items.size(); item += 2) {
      std::string name = key_text(value.items[item], place);
      if (name.starts_with(multi_gpu_prefix)) name.erase(0, multi_gpu_prefix.size());
      torch::Tensor tensor = to_tensor(pickle_[value.items[item + 1]], place + "." + name);
      tensors.push_back({std::move(name), std::move(tensor)});
    }
    refuse_repeated_names(tensors, place);
    return tensors;
  }

  static void refuse_repeated_names(const std::vector<NamedTensor>& tensors, const std::string& place) {
    std::vector<std::string> names;
    for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
    std::ranges::sort(names);
    const auto repeated = std::ranges::adjacent_find(names);
    if (repeated != names.end()) throw Error(fmt::format("{} has '{}' twice", place, *repeated));
  }

  ReferenceOptimizer to_optimizer(const Pickle::Value& value) {
    if (value.kind != Kind::dictionary) refuse(value, "optimizer", "a dict");
    ReferenceOptimizer optimizer;
    optimizer.groups = to_json(required(value, "param_groups"), "optimizer.param_groups");
    if (!optimizer.groups.is_array()) refuse(required(value, "param_groups"), "optimizer.param_groups", "a list");
    const Pickle::Value& state = required(value, "state");
    if (state.kind != Kind::dictionary) refuse(state, "optimizer.state", "a dict");
    for (std::size_t item = 0; item + 1 < state.items.size(); item += 2) {
      const Pickle::Value& index = pickle_[state.items[item]];
      if (index.kind != Kind::integer || index.integer < 0) refuse(index, "a key of optimizer.state", "an int from 0");
      optimizer.state[index.integer] = to_quantities(pickle_[state.items[item + 1]]);
    }
    return optimizer;
  }

  std::vector<NamedTensor> to_quantities(const Pickle::Value& value) {
    if (value.kind != Kind::dictionary) refuse(value, "a parameter's optimizer state", "a dict");
    std::vector<NamedTensor> quantities;
    for (std::size_t item = 0; item + 1 < value.items.size(); item += 2) {
      const std::string name = key_text(value.items[item], "optimizer.state");
      const Pickle::Value& quantity = pickle_[value.items[item + 1]];
      if (quantity.kind == Kind::none) continue;
      if (quantity.kind == Kind::integer) {
        quantities.push_back({name, torch::tensor(quantity.integer, torch::kInt64)});
      } else if (quantity.kind == Kind::real) {
        quantities.push_back({name, torch::tensor(quantity.real, torch::kFloat64)});
      } else {
        quantities.push_back({name, to_tensor(quantity, "optimizer.state." + name)});
      }
    }
    return quantities;
  }

  ZipReader archive_;
  std::string prefix_;
  Pickle pickle_;
  const NoteBytes& note_progress_;
  std::map<std::string, torch::Tensor> storages_;
  std::uint64_t bytes_read_ = 0;
  std::size_t json_budget_ = largest_json;
};

ReferenceCheckpoint read_checkpoint_of(const ByteSource& source, const NoteBytes& note_progress) {
  try {
    return ReferenceReader(source, note_progress).read();
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read checkpoint '{}': {}", source.name(), printable(error.what(), 400)));
  } catch (const c10::Error& error) {
    throw Error(
        fmt::format("cannot read checkpoint '{}': {}", source.name(), printable(error.what_without_backtrace(), 400)));
  }
}

}  // namespace

ReferenceCheckpoint read_reference_checkpoint(const std::filesystem::path& path, const NoteBytes& note_progress) {
  return read_checkpoint_of(FileSource(path), note_progress);
}

ReferenceCheckpoint read_reference_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  return read_checkpoint_of(MemorySource(bytes, name), nullptr);
}

}  // namespace matseq
