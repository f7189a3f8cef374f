#include "token_streams.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matseq/error.h"
#include "tokens/line_streams.h"
#include "tokens/matrix_json.h"
#include "tokens/number_text.h"
#include "tokens/token_text.h"

namespace matseq {

void encode_numbers(std::istream& input, std::ostream& output, const Encoder& encoder) {
  const std::vector<std::string>& tokens = encoder.tokens();
  std::vector<Token> written(encoder.longest());
  answer_lines(input, output, [&](std::string_view line, std::string& text) {
    const std::optional<double> number = parse_number(line);
    if (!number) {
      throw Error(fmt::format("'{}' is no number; one number a line is accepted, as C writes doubles (-1.5, 2e-3, inf)",
                              line.substr(0, 40)));
    }
    const Token* const end = encoder.encode({&*number, 1}, written.data());
    for (const Token* at = written.data(); at != end; ++at) {
      if (at != written.data()) text += ' ';
      text += tokens[static_cast<std::size_t>(*at)];
    }
  });
}

void encode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary) {
  std::vector<TokenId> ids;
  answer_lines(input, output, [&](std::string_view line, std::string& text) {
    ids.clear();
    codec.encode(parse_matrix(line), Example::no_code, ids);
    append_tokens(ids, vocabulary, text);
  });
}

void decode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary) {
  std::vector<TokenId> ids;
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
  for (const std::string& token : vocabulary.tokens()) {
    writer.text() += token;
    writer.end_line();
  }
  writer.flush();
}

}  // namespace matseq
