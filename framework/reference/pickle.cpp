#include "reference/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <unordered_map>
#include <utility>

#include "files/little_endian.h"
#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {

namespace {

using Kind = Pickle::Kind;
using Index = Pickle::Index;
using Value = Pickle::Value;

/// What data.pkl of a checkpoint may weigh: the tensors' contents are not in it.
constexpr std::size_t longest_pickle = std::size_t{32} << 20;
constexpr std::size_t most_values = 2'000'000;
constexpr std::size_t most_dimensions = 16;

/// Python's opcodes; the letters are pickletools'.
enum Opcode : std::uint8_t {
  op_mark = '(',
  op_stop = '.',
  op_pop = '0',
  op_pop_mark = '1',
  op_binfloat = 'G',
  op_binint = 'J',
  op_binint1 = 'K',
  op_binint2 = 'M',
  op_none = 'N',
  op_binpersid = 'Q',
  op_reduce = 'R',
  op_binstring = 'T',
  op_short_binstring = 'U',
  op_binunicode = 'X',
  op_append = 'a',
  op_build = 'b',
  op_global = 'c',
  op_appends = 'e',
  op_binget = 'h',
  op_long_binget = 'j',
  op_empty_list = ']',
  op_empty_tuple = ')',
  op_empty_dict = '}',
  op_binput = 'q',
  op_long_binput = 'r',
  op_setitem = 's',
  op_tuple = 't',
  op_setitems = 'u',
  op_proto = 0x80,
  op_newobj = 0x81,
  op_tuple1 = 0x85,
  op_tuple2 = 0x86,
  op_tuple3 = 0x87,
  op_newtrue = 0x88,
  op_newfalse = 0x89,
  op_long1 = 0x8a,
  op_long4 = 0x8b,
  op_binbytes = 'B',
  op_short_binbytes = 'C',
  op_short_binunicode = 0x8c,
  op_binunicode8 = 0x8d,
  op_binbytes8 = 0x8e,
  op_stack_global = 0x93,
  op_memoize = 0x94,
  op_frame = 0x95,
};

constexpr std::array storage_names = {
    "torch.DoubleStorage", "torch.FloatStorage", "torch.HalfStorage", "torch.BFloat16Storage", "torch.LongStorage",
    "torch.IntStorage",    "torch.ShortStorage", "torch.CharStorage", "torch.ByteStorage",     "torch.BoolStorage",
};

constexpr std::array other_names = {
    "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size",
    "argparse.Namespace",      "numpy.core.multiarray.scalar",    "numpy._core.multiarray.scalar",   "numpy.dtype",
    "_codecs.encode",
};

template <typename Names>
bool is_among(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// UTF-8 text whose letters all lie below 256, as these bytes: what Python's `encode("latin1")` does.
std::optional<std::string> to_latin1(const std::string& text) {
  std::string bytes;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const auto first = static_cast<std::uint8_t>(text[place]);
    if (first < 0x80) {
      bytes += text[place];
      continue;
    }
    if ((first != 0xC2 && first != 0xC3) || place + 1 == text.size()) return std::nullopt;
    const auto second = static_cast<std::uint8_t>(text[++place]);
    if ((second & 0xC0) != 0x80) return std::nullopt;
    bytes += static_cast<char>((first & 0x03) << 6 | (second & 0x3F));
  }
  return bytes;
}

}  // namespace

std::string_view describe(Pickle::Kind kind) {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "a bool";
    case Kind::integer:
      return "an int";
    case Kind::real:
      return "a float";
    case Kind::text:
      return "a string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "a list";
    case Kind::tuple:
      return "a tuple";
    case Kind::dictionary:
      return "a dict";
    case Kind::storage:
      return "a storage";
    case Kind::tensor:
      return "a tensor";
    case Kind::name:
      return "a Python name";
    case Kind::number_type:
      return "a NumPy type";
  }
  return "something else";
}

const Pickle::Value* Pickle::find(const Value& dictionary, std::string_view key) const {
  for (std::size_t item = dictionary.items.size(); item >= 2; item -= 2) {
    const Value& name = values_[dictionary.items[item - 2]];
    if (name.kind == Kind::text && name.text == key) return &values_[dictionary.items[item - 1]];
  }
  return nullptr;
}

/// Python's unpickling machine: a stack of values, marks on it, and a memo.
class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> bytes)
      : rest_(bytes), length_(bytes.size()), budget_(8 * bytes.size() + 1'000'000) {}

  Pickle run() {
    while (step()) {
    }
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    throw Error(printable(fmt::format("pickle refused at byte {}: {}", length_ - rest_.size(), reason), 400));
  }

  // The program.

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > rest_.size()) refuse("it ends too early");
    const auto piece = rest_.first(count);
    rest_ = rest_.subspan(count);
    return piece;
  }

  template <typename Number>
  Number take_number() {
    return load_little_endian<Number>(take(sizeof(Number)));
  }

  template <typename Count>
  std::string take_text() {
    const auto piece = take(take_number<Count>());
    return {reinterpret_cast<const char*>(piece.data()), piece.size()};
  }

  std::string take_line() {
    const auto end = std::ranges::find(rest_, std::byte{'\n'});
    if (end == rest_.end()) refuse("it ends too early");
    const auto piece = take(static_cast<std::uint64_t>(end - rest_.begin()));
    take(1);
    return {reinterpret_cast<const char*>(piece.data()), piece.size()};
  }

  // The stack.

  Value& value(Index index) { return pickle_.values_[index]; }

  /// Bounds what calls copy from shared values: without it, a short pickle could ask for the same long copy many times.
  void spend(std::size_t units) {
    if (units > budget_) refuse("it copies more than a checkpoint needs");
    budget_ -= units;
  }

  Index add(Value made) {
    spend(made.text.size() + made.items.size());
    if (pickle_.values_.size() == most_values) refuse("it has too many values");
    pickle_.values_.push_back(std::move(made));
    return static_cast<Index>(pickle_.values_.size() - 1);
  }

  void push(Index index) { stack_.push_back(index); }
  void push_new(Kind kind) { push_integer(kind, 0); }
  void push_integer(Kind kind, std::int64_t integer) {
    Value made;
    made.kind = kind;
    made.integer = integer;
    push(add(std::move(made)));
  }
  void push_text(Kind kind, std::string text) {
    Value made;
    made.kind = kind;
    made.text = std::move(text);
    push(add(std::move(made)));
  }
  void push_items(Kind kind, std::vector<Index> items) {
    Value made;
    made.kind = kind;
    made.items = std::move(items);
    push(add(std::move(made)));
  }

  /// How many values lie above the last mark; those below belong to an enclosing structure.
  std::size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Index pop() {
    if (above_mark() == 0) refuse("its stack is empty");
    const Index top = stack_.back();
    stack_.pop_back();
    return top;
  }

  Index top() const {
    if (above_mark() == 0) refuse("its stack is empty");
    return stack_.back();
  }

  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) refuse("it has no mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Index> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void push_tuple(std::size_t size) {
    std::vector<Index> items(size);
    for (std::size_t place = size; place-- > 0;) items[place] = pop();
    push_items(Kind::tuple, std::move(items));
  }

  // The memo.

  void remember(std::uint32_t key) { memo_[key] = top(); }

  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) refuse("it recalls what it never stored");
    push(found->second);
  }

  // Containers.

  void append(const std::vector<Index>& items) {
    Value& list = value(top());
    if (list.kind != Kind::list) refuse(fmt::format("it appends to {}", describe(list.kind)));
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<Index>& items) {
    Value& dictionary = value(top());
    if (dictionary.kind != Kind::dictionary || items.size() % 2 != 0) {
      refuse(fmt::format("it sets items of {}", describe(dictionary.kind)));
    }
    dictionary.items.insert(dictionary.items.end(), items.begin(), items.end());
  }

  // Names and what they make.

  void push_name(const std::string& module, const std::string& attribute) {
    std::string name = module + "." + attribute;
    if (!is_among(storage_names, name) && !is_among(other_names, name)) {
      refuse(fmt::format("it asks for Python's '{}', which no checkpoint needs; nothing was executed", name));
    }
    push_text(Kind::name, std::move(name));
  }

  void push_stack_name() {
    const Value& attribute = value(pop());
    const Value& module = value(pop());
    if (attribute.kind != Kind::text || module.kind != Kind::text) refuse("a name is not a string");
    spend(module.text.size() + attribute.text.size());
    push_name(module.text, attribute.text);
  }

  bool is_shape(Index index) const {
    const std::vector<Index>& items = pickle_.values_[index].items;
    return items.size() <= most_dimensions &&
           std::ranges::all_of(items, [this](Index item) { return pickle_.values_[item].kind == Kind::integer; });
  }

  bool has_kinds(const std::vector<Index>& items, std::initializer_list<Kind> kinds) const {
    if (items.size() < kinds.size()) return false;
    return std::ranges::equal(kinds, std::span(items).first(kinds.size()),
                              [this](Kind kind, Index item) { return pickle_.values_[item].kind == kind; });
  }

  /// ("storage", type, key, location, elements): the location is ignored, everything is read to the CPU.
  void push_storage() {
    const std::vector<Index> items = pop_tuple_items();
    if (!has_kinds(items, {Kind::text, Kind::name, Kind::text, Kind::text, Kind::integer}) ||
        value(items[0]).text != "storage" || !is_among(storage_names, value(items[1]).text)) {
      refuse("it has a persistent object that is not a tensor's storage");
    }
    Value storage;
    storage.kind = Kind::storage;
    storage.items = {items[1]};
    storage.text = value(items[2]).text;
    storage.integer = value(items[4]).integer;
    push(add(std::move(storage)));
  }

  /// (storage, offset, size, stride, requires_grad, hooks, ...)
  void push_tensor(const std::vector<Index>& arguments) {
    if (!has_kinds(arguments, {Kind::storage, Kind::integer, Kind::tuple, Kind::tuple}) || !is_shape(arguments[2]) ||
        !is_shape(arguments[3])) {
      refuse("a tensor's description is malformed");
    }
    Value tensor;
    tensor.kind = Kind::tensor;
    tensor.integer = value(arguments[1]).integer;
    tensor.items = {arguments[0], arguments[2], arguments[3]};
    push(add(std::move(tensor)));
  }

  /// OrderedDict() or OrderedDict([(key, value), ...]).
  void push_ordered_dict(const std::vector<Index>& arguments) {
    std::vector<Index> items;
    for (const Index argument : arguments) {
      spend(2 * value(argument).items.size());
      for (const Index pair : value(argument).items) {
        const std::vector<Index>& both = value(pair).items;
        if (value(pair).kind != Kind::tuple || both.size() != 2) refuse("an OrderedDict is malformed");
        items.insert(items.end(), both.begin(), both.end());
      }
    }
    push_items(Kind::dictionary, std::move(items));
  }

  /// A NumPy scalar from its type and bytes.
  void push_scalar(const std::vector<Index>& arguments) {
    if (!has_kinds(arguments, {Kind::number_type, Kind::bytes})) refuse("a NumPy number is malformed");
    const std::string& type = value(arguments[0]).text;
    const std::string bytes = value(arguments[1]).text.substr(0, 9);  // none is longer than 8
    const auto content = std::as_bytes(std::span(bytes));
    if (type == "f8" && bytes.size() == 8) {
      push_real(load_little_endian<double>(content));
    } else if (type == "f4" && bytes.size() == 4) {
      push_real(load_little_endian<float>(content));
    } else if (type == "i8" && bytes.size() == 8) {
      push_integer(Kind::integer, load_little_endian<std::int64_t>(content));
    } else if (type == "i4" && bytes.size() == 4) {
      push_integer(Kind::integer, load_little_endian<std::int32_t>(content));
    } else if (type == "b1" && bytes.size() == 1) {
      push_integer(Kind::boolean, bytes[0] != 0 ? 1 : 0);
    } else {
      refuse(fmt::format("a NumPy number of type '{}' is not supported; f8, f4, i8, i4 and b1 are", type));
    }
  }

  void push_real(double real) {
    Value made;
    made.kind = Kind::real;
    made.real = real;
    push(add(std::move(made)));
  }

  /// _codecs.encode(text, "latin1"): how protocol 2 writes bytes.
  void push_encoded(const std::vector<Index>& arguments) {
    if (!has_kinds(arguments, {Kind::text, Kind::text}) || value(arguments[1]).text != "latin1") {
      refuse("it encodes a string in another way than 'latin1'");
    }
    spend(value(arguments[0]).text.size());
    auto bytes = to_latin1(value(arguments[0]).text);
    if (!bytes) refuse("its bytes are malformed");
    push_text(Kind::bytes, std::move(*bytes));
  }

  void reduce() {
    const std::vector<Index> arguments = pop_tuple_items();
    const Index function = pop();
    if (value(function).kind != Kind::name) refuse(fmt::format("it calls {}", describe(value(function).kind)));
    call(value(function).text, arguments);
  }

  /// What the allowed functions would return.
  void call(const std::string& function, const std::vector<Index>& arguments) {
    const bool returns_its_argument =
        (function == "torch._utils._rebuild_parameter" && has_kinds(arguments, {Kind::tensor})) ||
        (function == "torch.Size" && has_kinds(arguments, {Kind::tuple}));
    if (returns_its_argument) {
      push(arguments[0]);
    } else if (function == "torch._utils._rebuild_tensor_v2") {
      push_tensor(arguments);
    } else if (function == "collections.OrderedDict") {
      push_ordered_dict(arguments);
    } else if (function.ends_with(".multiarray.scalar")) {
      push_scalar(arguments);
    } else if (function == "numpy.dtype" && has_kinds(arguments, {Kind::text})) {
      push_text(Kind::number_type, value(arguments[0]).text);
    } else if (function == "_codecs.encode") {
      push_encoded(arguments);
    } else {
      refuse(fmt::format("it calls '{}' in a way that is not supported", function));
    }
  }

  std::vector<Index> pop_tuple_items() {
    const Value& tuple = value(pop());
    if (tuple.kind != Kind::tuple) refuse(fmt::format("it gives a call {} instead of a tuple", describe(tuple.kind)));
    spend(tuple.items.size());
    return tuple.items;
  }

  /// argparse.Namespace is a class without arguments whose attributes come by `build`; here it is a dictionary.
  void make_object() {
    const std::vector<Index> arguments = pop_tuple_items();
    const Value& made = value(pop());
    const bool known = made.text == "argparse.Namespace" || made.text == "collections.OrderedDict";
    if (made.kind != Kind::name || !known || !arguments.empty()) refuse("it makes an object that is not supported");
    is_namespace_[add_dictionary()] = made.text == "argparse.Namespace";
  }

  Index add_dictionary() {
    push_new(Kind::dictionary);
    return stack_.back();
  }

  /// Sets attributes. Those of an OrderedDict of tensors (`_metadata`) say nothing that we need.
  void build() {
    const Index state_index = pop();
    const Value& state = value(state_index);
    Value& object = value(top());
    if (object.kind == Kind::number_type) {
      if (state.items.size() > 1 && value(state.items[1]).text == ">") refuse("a NumPy number is big-endian");
      return;
    }
    if (object.kind != Kind::dictionary) refuse(fmt::format("it sets attributes of {}", describe(object.kind)));
    const auto found = is_namespace_.find(stack_.back());
    if (found == is_namespace_.end() || !found->second) return;
    if (state.kind != Kind::dictionary) refuse("a Namespace's attributes are not a dict");
    spend(state.items.size());
    const std::vector<Index> items = state.items;
    object.items.insert(object.items.end(), items.begin(), items.end());
  }

  void push_long(std::uint64_t size) {
    const auto bytes = take(size);
    if (size > sizeof(std::int64_t)) refuse("an integer has more than 64 bits");
    std::uint64_t number = 0;
    for (std::size_t place = 0; place < size; ++place)
      number |= std::to_integer<std::uint64_t>(bytes[place]) << 8 * place;
    const bool negative = size > 0 && (bytes[size - 1] & std::byte{0x80}) != std::byte{0};
    if (negative && size < 8) number |= ~std::uint64_t{0} << 8 * size;
    push_integer(Kind::integer, static_cast<std::int64_t>(number));
  }

  /// The only number that a pickle stores with the most significant byte first.
  void push_binfloat() {
    std::uint64_t bits = 0;
    for (const std::byte byte : take(8)) bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
    push_real(std::bit_cast<double>(bits));
  }

  /// One instruction; false after the last.
  bool step() {
    const auto code = take_number<std::uint8_t>();
    switch (code) {
      case op_proto: {
        const auto protocol = take_number<std::uint8_t>();
        if (protocol < 2 || protocol > 5) refuse(fmt::format("its protocol is {}; 2 to 5 are supported", protocol));
        return true;
      }
      case op_stop:
        if (!marks_.empty() || stack_.size() != 1) refuse("it stops in the middle of a value");
        pickle_.root_ = stack_.back();
        return false;
      case op_frame:
        take(8);
        return true;
      default:
        if (!step_stack(code) && !step_scalar(code) && !step_container(code) && !step_object(code)) {
          refuse(fmt::format("opcode 0x{:02x} is not supported", code));
        }
        return true;
    }
  }

  bool step_stack(std::uint8_t code) {
    switch (code) {
      case op_mark:
        marks_.push_back(stack_.size());
        return true;
      case op_pop:
        pop();
        return true;
      case op_pop_mark:
        pop_to_mark();
        return true;
      case op_binget:
        recall(take_number<std::uint8_t>());
        return true;
      case op_long_binget:
        recall(take_number<std::uint32_t>());
        return true;
      case op_binput:
        remember(take_number<std::uint8_t>());
        return true;
      case op_long_binput:
        remember(take_number<std::uint32_t>());
        return true;
      case op_memoize:
        remember(static_cast<std::uint32_t>(memo_.size()));
        return true;
      default:
        return false;
    }
  }

  bool step_scalar(std::uint8_t code) {
    switch (code) {
      case op_none:
        push_new(Kind::none);
        return true;
      case op_newtrue:
        push_integer(Kind::boolean, 1);
        return true;
      case op_newfalse:
        push_integer(Kind::boolean, 0);
        return true;
      case op_binint:
        push_integer(Kind::integer, take_number<std::int32_t>());
        return true;
      case op_binint1:
        push_integer(Kind::integer, take_number<std::uint8_t>());
        return true;
      case op_binint2:
        push_integer(Kind::integer, take_number<std::uint16_t>());
        return true;
      case op_long1:
        push_long(take_number<std::uint8_t>());
        return true;
      case op_long4:
        push_long(take_number<std::uint32_t>());
        return true;
      case op_binfloat:
        push_binfloat();
        return true;
      default:
        return step_text(code);
    }
  }

  bool step_text(std::uint8_t code) {
    switch (code) {
      case op_binunicode:
        push_text(Kind::text, take_text<std::uint32_t>());
        return true;
      case op_short_binunicode:
        push_text(Kind::text, take_text<std::uint8_t>());
        return true;
      case op_binunicode8:
        push_text(Kind::text, take_text<std::uint64_t>());
        return true;
      case op_binstring:
      case op_binbytes:
        push_text(Kind::bytes, take_text<std::uint32_t>());
        return true;
      case op_short_binstring:
      case op_short_binbytes:
        push_text(Kind::bytes, take_text<std::uint8_t>());
        return true;
      case op_binbytes8:
        push_text(Kind::bytes, take_text<std::uint64_t>());
        return true;
      default:
        return false;
    }
  }

  bool step_container(std::uint8_t code) {
    switch (code) {
      case op_empty_list:
        push_new(Kind::list);
        return true;
      case op_empty_tuple:
        push_new(Kind::tuple);
        return true;
      case op_empty_dict:
        push_new(Kind::dictionary);
        return true;
      case op_tuple:
        push_items(Kind::tuple, pop_to_mark());
        return true;
      case op_tuple1:
        push_tuple(1);
        return true;
      case op_tuple2:
        push_tuple(2);
        return true;
      case op_tuple3:
        push_tuple(3);
        return true;
      case op_append:
        append({pop()});
        return true;
      case op_appends:
        append(pop_to_mark());
        return true;
      case op_setitem: {
        const Index held = pop();
        const Index key = pop();
        set_items({key, held});
        return true;
      }
      case op_setitems:
        set_items(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool step_object(std::uint8_t code) {
    switch (code) {
      case op_global: {
        const std::string module = take_line();
        push_name(module, take_line());
        return true;
      }
      case op_stack_global:
        push_stack_name();
        return true;
      case op_binpersid:
        push_storage();
        return true;
      case op_reduce:
        reduce();
        return true;
      case op_newobj:
        make_object();
        return true;
      case op_build:
        build();
        return true;
      default:
        return false;
    }
  }

  std::span<const std::byte> rest_;
  std::size_t length_;
  std::size_t budget_;
  Pickle pickle_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Index> memo_;
  std::unordered_map<Index, bool> is_namespace_;
};

Pickle Pickle::parse(std::span<const std::byte> bytes) {
  if (bytes.size() > longest_pickle) throw Error("pickle refused: it is larger than 32 MiB");
  return PickleMachine(bytes).run();
}

}  // namespace matseq
