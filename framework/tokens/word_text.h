/// \file
/// Word sequences as text: words separated by blanks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokens/vocabulary.h"

namespace matseq {

/// Stands for a word that is not in the vocabulary; nothing decodes it.
inline constexpr WordId unknown_word = -1;

/// Appends the ids of the words in `text`, which are separated by any number of blanks; `unknown_word` for those that
/// the vocabulary does not have.
void append_ids(std::string_view text, const Vocabulary& vocabulary, std::vector<WordId>& ids);

/// Appends the words with one blank between them. Throws Error for an id that the vocabulary does not have.
void append_words(std::span<const WordId> ids, const Vocabulary& vocabulary, std::string& text);

}  // namespace matseq
