// The pickle of a checkpoint, without the archive whose checksum protects it.
#include "fuzz_input.h"
#include "reference/pickle.h"

namespace {

using matseq::Pickle;

/// All indices are in the pickle; containers have what their kind promises.
void visit(const Pickle& pickle, Pickle::Index index, int depth, int& budget) {
  if (depth > 40 || --budget < 0) return;
  const Pickle::Value& value = pickle[index];
  matseq::fuzz::require(!describe(value.kind).empty(), "a kind has a name");
  for (const Pickle::Index item : value.items) visit(pickle, item, depth + 1, budget);
  if (value.kind == Pickle::Kind::dictionary) {
    matseq::fuzz::require(value.items.size() % 2 == 0, "a dictionary has pairs");
    pickle.find(value, "encoder");
  }
  if (value.kind == Pickle::Kind::storage) {
    matseq::fuzz::require(value.items.size() == 1 && pickle[value.items[0]].kind == Pickle::Kind::name,
                          "a storage has a type");
  }
  if (value.kind != Pickle::Kind::tensor) return;
  matseq::fuzz::require(value.items.size() == 3 && pickle[value.items[0]].kind == Pickle::Kind::storage,
                        "a tensor has a storage");
  for (const int item : {1, 2}) {
    const Pickle::Value& numbers = pickle[value.items[static_cast<std::size_t>(item)]];
    matseq::fuzz::require(numbers.kind == Pickle::Kind::tuple && numbers.items.size() <= 16, "sizes are a tuple");
    for (const Pickle::Index number : numbers.items) {
      matseq::fuzz::require(pickle[number].kind == Pickle::Kind::integer, "a size is an integer");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  matseq::fuzz::accepted([&] {
    const Pickle pickle = Pickle::parse(std::as_bytes(std::span(data, size)));
    int budget = 100000;
    const Pickle::Value& root = pickle.root();
    for (const Pickle::Index item : root.items) visit(pickle, item, 0, budget);
  });
  return 0;
}
