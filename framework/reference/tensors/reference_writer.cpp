#include <fmt/format.h>

#include <bit>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "files/little_endian.h"
#include "matseq/error.h"
#include "reference/tensors/reference_checkpoint.h"
#include "reference/zip_archive.h"

namespace matseq {

namespace {

using Json = nlohmann::ordered_json;

const char* storage_name(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat64:
      return "DoubleStorage";
    case torch::kFloat32:
      return "FloatStorage";
    case torch::kFloat16:
      return "HalfStorage";
    case torch::kBFloat16:
      return "BFloat16Storage";
    case torch::kInt64:
      return "LongStorage";
    case torch::kInt32:
      return "IntStorage";
    case torch::kInt16:
      return "ShortStorage";
    case torch::kInt8:
      return "CharStorage";
    case torch::kUInt8:
      return "ByteStorage";
    case torch::kBool:
      return "BoolStorage";
    default:
      throw Error(fmt::format("tensors of type {} cannot be exported", c10::toString(type)));
  }
}

/// Writes values as pickle instructions of protocol 2, without a memo.
class PickleWriter {
 public:
  PickleWriter() { letters("\x80\x02"); }

  void begin_dictionary() { letters("}("); }
  void end_dictionary() { letters("u"); }
  void begin_ordered_dictionary() {
    empty_ordered_dictionary();
    letters("(");
  }
  void begin_list() { letters("]("); }
  void end_list() { letters("e"); }
  void begin_tuple() { letters("("); }
  void end_tuple() { letters("t"); }

  void text(std::string_view value) {
    letters("X");
    append_little_endian(bytes_, static_cast<std::uint32_t>(value.size()));
    letters(value);
  }

  void integer(std::int64_t value) {
    const bool short_form =
        value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
    if (short_form) {
      letters("J");
      append_little_endian(bytes_, static_cast<std::int32_t>(value));
    } else {
      letters("\x8a\x08");
      append_little_endian(bytes_, value);
    }
  }

  void real(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    letters("G");
    for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<std::byte>(bits >> shift & 0xFF));
  }

  void boolean(bool value) { letters(value ? "\x88" : "\x89"); }
  void none() { letters("N"); }

  void json(const Json& value, bool arrays_are_tuples = false) {
    if (value.is_null()) {
      none();
    } else if (value.is_boolean()) {
      boolean(value.get<bool>());
    } else if (value.is_number_integer()) {
      integer(value.get<std::int64_t>());
    } else if (value.is_number()) {
      real(value.get<double>());
    } else if (value.is_string()) {
      text(value.get_ref<const std::string&>());
    } else if (value.is_array()) {
      arrays_are_tuples ? begin_tuple() : begin_list();
      for (const Json& item : value) json(item);
      arrays_are_tuples ? end_tuple() : end_list();
    } else {
      begin_dictionary();
      for (const auto& [key, member] : value.items()) {
        text(key);
        json(member);
      }
      end_dictionary();
    }
  }

  /// A tensor whose elements, row-major, are the whole record `key`.
  void tensor(const torch::Tensor& value, const std::string& key) {
    letters("ctorch._utils\n_rebuild_tensor_v2\n((");
    text("storage");
    letters(std::string("ctorch\n") + storage_name(value.scalar_type()) + "\n");
    text(key);
    text("cpu");
    integer(value.numel());
    letters("tQ");
    integer(0);
    shape(value.sizes());
    shape(value.strides());
    boolean(false);
    empty_ordered_dictionary();
    letters("tR");
  }

  std::vector<std::byte> finish() {
    letters(".");
    return std::move(bytes_);
  }

 private:
  void letters(std::string_view value) {
    const auto view = std::as_bytes(std::span(value));
    bytes_.insert(bytes_.end(), view.begin(), view.end());
  }

  void empty_ordered_dictionary() { letters("ccollections\nOrderedDict\n)R"); }

  void shape(at::IntArrayRef numbers) {
    begin_tuple();
    for (const std::int64_t number : numbers) integer(number);
    end_tuple();
  }

  std::vector<std::byte> bytes_;
};

class ReferenceWriter {
 public:
  explicit ReferenceWriter(const std::filesystem::path& path) : archive_(path) {}

  void write(const ReferenceCheckpoint& checkpoint) {
    pickle_.begin_dictionary();
    pickle_.text("epoch");
    pickle_.integer(checkpoint.epoch);
    pickle_.text("n_total_iter");
    pickle_.integer(checkpoint.n_total_iter);
    add("best_metrics", checkpoint.best_metrics);
    add("best_stopping_criterion", checkpoint.best_stopping_criterion);
    add("params", checkpoint.params);
    add("encoder", checkpoint.encoder);
    add("decoder", checkpoint.decoder);
    if (checkpoint.optimizer) add(*checkpoint.optimizer);
    if (checkpoint.scaler) add("scaler", *checkpoint.scaler);
    pickle_.end_dictionary();
    finish();
  }

 private:
  void add(const char* name, const Json& value) {
    pickle_.text(name);
    pickle_.json(value);
  }

  void add(const char* name, const std::vector<NamedTensor>& tensors) {
    pickle_.text(name);
    pickle_.begin_ordered_dictionary();
    for (const NamedTensor& named : tensors) {
      pickle_.text(named.name);
      add(named.tensor);
    }
    pickle_.end_dictionary();
  }

  void add(const ReferenceOptimizer& optimizer) {
    pickle_.text("optimizer");
    pickle_.begin_dictionary();
    pickle_.text("state");
    pickle_.begin_dictionary();
    for (const auto& [index, quantities] : optimizer.state) {
      pickle_.integer(index);
      pickle_.begin_dictionary();
      for (const NamedTensor& quantity : quantities) {
        pickle_.text(quantity.name);
        add_quantity(quantity.tensor);
      }
      pickle_.end_dictionary();
    }
    pickle_.end_dictionary();
    pickle_.text("param_groups");
    add_groups(optimizer.groups);
    pickle_.end_dictionary();
  }

  /// A group's betas and the like are tuples, its parameters a list.
  void add_groups(const Json& groups) {
    pickle_.begin_list();
    for (const Json& group : groups) {
      pickle_.begin_dictionary();
      for (const auto& [key, value] : group.items()) {
        pickle_.text(key);
        pickle_.json(value, key != "params");
      }
      pickle_.end_dictionary();
    }
    pickle_.end_list();
  }

  void add_quantity(const torch::Tensor& quantity) {
    if (quantity.dim() == 0 && quantity.scalar_type() == torch::kInt64) {
      pickle_.integer(quantity.item<std::int64_t>());
    } else if (quantity.dim() == 0 && quantity.scalar_type() == torch::kFloat64) {
      pickle_.real(quantity.item<double>());
    } else {
      add(quantity);
    }
  }

  void add(const torch::Tensor& tensor) {
    const auto same_memory = std::tuple(tensor.data_ptr(), tensor.nbytes(), tensor.scalar_type());
    const torch::Tensor content = tensor.detach().cpu().contiguous();
    // Only memory that holds exactly this tensor can be shared: views would need the whole storage.
    if (tensor.is_contiguous() && tensor.numel() > 0) {
      const auto [found, added] = keys_.emplace(same_memory, contents_.size());
      if (added) contents_.push_back(content);
      pickle_.tensor(content, std::to_string(found->second));
    } else {
      pickle_.tensor(content, std::to_string(contents_.size()));
      contents_.push_back(content);
    }
  }

  /// The pickle comes first in the file, as PyTorch has it.
  void finish() {
    archive_.add("archive/data.pkl", pickle_.finish());
    archive_.add("archive/byteorder", "little");
    for (std::size_t key = 0; key < contents_.size(); ++key) {
      const auto* begin = static_cast<const std::byte*>(contents_[key].data_ptr());
      archive_.add(fmt::format("archive/data/{}", key), std::span(begin, contents_[key].nbytes()));
    }
    archive_.add("archive/version", "3\n");
    archive_.commit();
  }

  ZipWriter archive_;
  PickleWriter pickle_;
  std::vector<torch::Tensor> contents_;
  std::map<std::tuple<void*, std::size_t, torch::ScalarType>, std::size_t> keys_;
};

}  // namespace

void write_reference_checkpoint(const std::filesystem::path& path, const ReferenceCheckpoint& checkpoint) {
  ReferenceWriter(path).write(checkpoint);
}

}  // namespace matseq
