#include "tokens/token_text.h"

namespace matseq {

void append_ids(std::string_view text, const Vocabulary& vocabulary, std::vector<TokenId>& ids) {
  constexpr std::string_view blanks = " \t\r\n";
  std::size_t begin = text.find_first_not_of(blanks);
  while (begin != text.npos) {
    const std::size_t end = text.find_first_of(blanks, begin);
    ids.push_back(vocabulary.id(text.substr(begin, end - begin)).value_or(unknown_token));
    begin = text.find_first_not_of(blanks, end);
  }
}

std::string tokens_text(std::span<const TokenId> ids, const Vocabulary& vocabulary) {
  std::string text;
  append_tokens(ids, vocabulary, text);
  return text;
}

void append_tokens(std::span<const TokenId> ids, const Vocabulary& vocabulary, std::string& text) {
  vocabulary.append(ids, text);
}

}  // namespace matseq
