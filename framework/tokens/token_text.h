/// \file
/// Token sequences as text: tokens separated by blanks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokens/vocabulary.h"

namespace matseq {

/// Stands for a token that is not in the vocabulary; nothing decodes it.
inline constexpr TokenId unknown_token = -1;

/// Appends the ids of the tokens in `text`, which are separated by any number of blanks; `unknown_token` for those that
/// the vocabulary does not have.
void append_ids(std::string_view text, const Vocabulary& vocabulary, std::vector<TokenId>& ids);

/// The tokens with one blank between them.
std::string tokens_text(std::span<const TokenId> ids, const Vocabulary& vocabulary);

/// Appends the tokens with one blank between them. Throws Error for an id that the vocabulary does not have.
void append_tokens(std::span<const TokenId> ids, const Vocabulary& vocabulary, std::string& text);

}  // namespace matseq
