/// \file
/// Encoders for tests, from the plugins of this build.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "matseq/encoder.h"
#include "plugins/plugin_loader.h"
#include "tokens/encoding_spec.h"

namespace matseq::testing {

/// The encoder of a preset or reference spec.
inline std::shared_ptr<const Encoder> encoder(const std::string& name) {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  const EncodingSpec spec = parse_encoding(name, "test");
  return loader.make_encoder(spec.plugin, spec.table);
}

inline std::vector<Symbol> encode_symbols(const Encoder& encoder, double value) {
  std::vector<Symbol> symbols(encoder.longest());
  const Symbol* end = encoder.encode({&value, 1}, symbols.data());
  symbols.resize(static_cast<std::size_t>(end - symbols.data()));
  return symbols;
}

inline std::vector<std::string> encode_words(const Encoder& encoder, double value) {
  std::vector<std::string> words;
  for (const Symbol symbol : encode_symbols(encoder, value)) {
    words.push_back(encoder.symbols().at(static_cast<std::size_t>(symbol)));
  }
  return words;
}

/// -1 for words that the encoder does not have.
inline std::vector<Symbol> to_symbols(const Encoder& encoder, const std::vector<std::string>& words) {
  std::unordered_map<std::string_view, Symbol> known;
  for (const std::string& symbol : encoder.symbols()) known.emplace(symbol, static_cast<Symbol>(known.size()));
  std::vector<Symbol> symbols;
  for (const std::string& word : words) {
    const auto found = known.find(word);
    symbols.push_back(found == known.end() ? Symbol{-1} : found->second);
  }
  return symbols;
}

inline std::optional<DecodedNumber> decode_words(const Encoder& encoder, const std::vector<std::string>& words) {
  return encoder.decode(to_symbols(encoder, words));
}

}  // namespace matseq::testing
