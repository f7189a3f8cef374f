/// \file
/// The interface of an encoding: numbers to tokens and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/export.h"
#include "matseq/plugin.h"
#include "matseq/toolchain.h"

namespace matseq {

/// A token of one encoder: an index into its `tokens()`. Negative: a token that the encoder does not have.
using Token = std::int32_t;

/// A number read from the front of a sequence.
struct DecodedNumber {
  double value = 0;
  std::size_t length = 0;  ///< how many tokens it took, at least 1
};

/// An encoding of real numbers. One object serves all threads at once.
/// The framework turns matrices into sequences, joins vocabularies and maps tokens to token ids.
class MATSEQ_API Encoder {
 public:
  using Interface = Encoder;
  static constexpr PluginKind plugin_kind = PluginKind::encoder;
  static constexpr const char* toolchain = MATSEQ_TOOLCHAIN;

  /// An encoder's constructor takes `(const Parameters&)`.
  using Factory = Encoder* (*)(const Parameters&);
  template <typename Class>
  static Encoder* make(const Parameters& parameters) {
    return new Class(parameters);
  }

  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder();

  /// Its tokens, each once, without white space. Tokens of the fixed part of the vocabulary ("+", "-", "10^", ".")
  /// may be among them and keep their place there.
  virtual const std::vector<std::string>& tokens() const = 0;

  /// An example whose target reaches this absolute value, above 0, is thrown away; may be infinite.
  virtual double limit() const = 0;

  /// The most tokens that one number can take, from 1 to 10,000.
  virtual std::size_t longest() const = 0;

  /// Writes the tokens of all `values`, finite or not, one number after the other, to `out`, which has room for
  /// `values.size() * longest()`: at least one a number. Returns the end of what it wrote. The framework has it write
  /// some numbers when it is made, to see that it keeps to this.
  virtual Token* encode(std::span<const double> values, Token* out) const = 0;

  /// Reads one number from the front of `tokens`, which may hold anything; none when there is no number.
  virtual std::optional<DecodedNumber> decode(std::span<const Token> tokens) const = 0;

  /// Which tokens may follow the first tokens of a number, `begun`, so that it can still become one; with none begun,
  /// those that numbers begin with. Ascending. None where `begun` is a whole number, or cannot become one.
  ///
  /// Constrained decoding asks this. The default allows what `encode` writes: a token after which some ending makes a
  /// number that is written as it is read. It finds endings among those of a few numbers, and is slow enough for
  /// answers to be kept.
  virtual std::vector<Token> continuations(std::span<const Token> begun) const;
};

}  // namespace matseq
