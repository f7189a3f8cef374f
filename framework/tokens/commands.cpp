#include "tokens/commands.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matseq/error.h"
#include "tokens/line_streams.h"
#include "tokens/matrix_json.h"
#include "tokens/number_text.h"
#include "tokens/word_text.h"

namespace matseq {

void encode_numbers(std::istream& input, std::ostream& output, const Encoder& encoder) {
  const std::vector<std::string>& words = encoder.symbols();
  std::vector<Symbol> symbols(encoder.longest());
  answer_lines(input, output, [&](std::string_view line, std::string& text) {
    const std::optional<double> number = parse_number(line);
    if (!number) {
      throw Error(fmt::format("'{}' is no number; one number a line is accepted, as C writes doubles (-1.5, 2e-3, inf)",
                              line.substr(0, 40)));
    }
    const Symbol* const end = encoder.encode({&*number, 1}, symbols.data());
    for (const Symbol* at = symbols.data(); at != end; ++at) {
      if (at != symbols.data()) text += ' ';
      text += words[static_cast<std::size_t>(*at)];
    }
  });
}

void encode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary) {
  std::vector<WordId> ids;
  answer_lines(input, output, [&](std::string_view line, std::string& text) {
    ids.clear();
    codec.encode(parse_matrix(line), Example::no_code, ids);
    append_words(ids, vocabulary, text);
  });
}

void decode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary) {
  std::vector<WordId> ids;
  answer_lines(input, output, [&](std::string_view line, std::string& text) {
    ids.clear();
    append_ids(line, vocabulary, ids);
    if (const std::optional<Matrix> matrix = codec.decode(ids, Example::no_code)) {
      append_json(*matrix, text);
    } else {
      text += "null";
    }
  });
}

void print_vocabulary(std::ostream& output, const Vocabulary& vocabulary) {
  LineWriter writer(output);
  for (const std::string& word : vocabulary.words()) {
    writer.text() += word;
    writer.end_line();
  }
  writer.flush();
}

}  // namespace matseq
