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

inline std::vector<Token> encode_tokens(const Encoder& encoder, double value) {
  std::vector<Token> own(encoder.longest());
  const Token* end = encoder.encode({&value, 1}, own.data());
  own.resize(static_cast<std::size_t>(end - own.data()));
  return own;
}

inline std::vector<std::string> encode_tokens(const Encoder& encoder, double value) {
  std::vector<std::string> tokens;
  for (const Token own_token : encode_tokens(encoder, value)) {
    tokens.push_back(encoder.tokens().at(static_cast<std::size_t>(own_token)));
  }
  return tokens;
}

/// -1 for tokens that the encoder does not have.
inline std::vector<Token> to_tokens(const Encoder& encoder, const std::vector<std::string>& tokens) {
  std::unordered_map<std::string_view, Token> known;
  for (const std::string& own_token : encoder.tokens()) known.emplace(own_token, static_cast<Token>(known.size()));
  std::vector<Token> own;
  for (const std::string& token : tokens) {
    const auto found = known.find(token);
    own.push_back(found == known.end() ? Token{-1} : found->second);
  }
  return own;
}

inline std::optional<DecodedNumber> decode_tokens(const Encoder& encoder, const std::vector<std::string>& tokens) {
  return encoder.decode(to_tokens(encoder, tokens));
}

}  // namespace matseq::testing
