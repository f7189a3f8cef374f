/// \file
/// What the fuzz targets share. A target ends in std::abort where the code under test broke a promise; Error is the
/// one exception that it may throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "plugins/plugin_loader.h"
#include "tokens/encoding_spec.h"
#include "tokens/sequence_codec.h"

namespace matseq::fuzz {

/// Ends the run, which libFuzzer reports with the input, unless `holds`.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// Runs `action`; errors are what bad input should give.
template <typename Action>
bool accepted(Action&& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    require(*error.what() != '\0', "an error has a message");
    return false;
  }
}

inline PluginLoader& plugins() {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  return loader;
}

/// An encoding with its vocabulary and codecs.
struct Encoding {
  explicit Encoding(const std::string& spec)
      : encoder([&] {
          const EncodingSpec parsed = parse_encoding(spec, "fuzz");
          return plugins().make_encoder(parsed.plugin, parsed.table);
        }()),
        vocabulary(std::make_shared<Vocabulary>(*encoder, *encoder)),
        plain(encoder, *vocabulary),
        coded(encoder, *vocabulary, codes()) {}

  static const std::vector<std::string>& codes() {
    static const std::vector<std::string> letters = {"T", "A", "D"};
    return letters;
  }

  std::shared_ptr<const Encoder> encoder;
  std::shared_ptr<const Vocabulary> vocabulary;
  SequenceCodec plain;
  SequenceCodec coded;
};

/// One of each family, and the base that has letters of several digits.
inline const Encoding& encoding(std::size_t index) {
  static const std::vector<std::unique_ptr<Encoding>> encodings = [] {
    std::vector<std::unique_ptr<Encoding>> made;
    for (const char* spec : {"P10", "P1000", "B1999", "FP15"}) made.push_back(std::make_unique<Encoding>(spec));
    return made;
  }();
  return *encodings[index % encodings.size()];
}

}  // namespace matseq::fuzz
