#include "tokens/word_text.h"

namespace matseq {

void append_ids(std::string_view text, const Vocabulary& vocabulary, std::vector<WordId>& ids) {
  constexpr std::string_view blanks = " \t\r\n";
  std::size_t begin = text.find_first_not_of(blanks);
  while (begin != text.npos) {
    const std::size_t end = text.find_first_of(blanks, begin);
    ids.push_back(vocabulary.id(text.substr(begin, end - begin)).value_or(unknown_word));
    begin = text.find_first_not_of(blanks, end);
  }
}

void append_words(std::span<const WordId> ids, const Vocabulary& vocabulary, std::string& text) {
  const char* separator = "";
  for (const WordId id : ids) {
    text += separator;
    text += vocabulary.word(id);
    separator = " ";
  }
}

}  // namespace matseq
