/// \file
/// Encoders for tests, from the plugins of this build.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "matseq/encoder.h"
#include "plugins/plugin_loader.h"
#include "tokens/encoding_spec.h"

namespace matseq::testing {

inline PluginLoader& encoder_plugins() {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  return loader;
}

/// The encoder of a preset or reference spec.
inline std::shared_ptr<const Encoder> encoder(const std::string& name) {
  const EncodingSpec spec = parse_encoding(name, "test");
  return encoder_plugins().make_encoder(spec.plugin, spec.table);
}

/// The encoder of a plugin with parameters of its own.
inline std::shared_ptr<const Encoder> encoder_of(
    const std::string& plugin, std::initializer_list<std::pair<std::string, ParameterValue>> entries = {}) {
  ParameterTable table;
  table.where = "test.toml:1";
  for (const auto& [name, value] : entries) table.set(name, value);
  return encoder_plugins().make_encoder(plugin, table);
}

inline std::vector<Token> encode_tokens(const Encoder& encoder, double value) {
  std::vector<Token> tokens(encoder.longest());
  const Token* end = encoder.encode({&value, 1}, tokens.data());
  tokens.resize(static_cast<std::size_t>(end - tokens.data()));
  return tokens;
}

inline std::vector<std::string> encode_texts(const Encoder& encoder, double value) {
  std::vector<std::string> texts;
  for (const Token token : encode_tokens(encoder, value)) {
    texts.push_back(encoder.tokens().at(static_cast<std::size_t>(token)));
  }
  return texts;
}

/// -1 for texts that the encoder does not have.
inline std::vector<Token> to_tokens(const Encoder& encoder, const std::vector<std::string>& texts) {
  std::unordered_map<std::string_view, Token> known;
  for (const std::string& token : encoder.tokens()) known.emplace(token, static_cast<Token>(known.size()));
  std::vector<Token> tokens;
  for (const std::string& text : texts) {
    const auto found = known.find(text);
    tokens.push_back(found == known.end() ? Token{-1} : found->second);
  }
  return tokens;
}

inline std::optional<DecodedNumber> decode_texts(const Encoder& encoder, const std::vector<std::string>& texts) {
  return encoder.decode(to_tokens(encoder, texts));
}

}  // namespace matseq::testing
