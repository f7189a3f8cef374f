#include "token_streams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "configuration/encoding_text.h"
#include "encoders.h"
#include "matseq/error.h"
#include "tokens/line_streams.h"
#include "tokens/matrix_json.h"
#include "tokens/number_text.h"

namespace matseq {
namespace {

class TokenCommands : public ::testing::Test {
 protected:
  std::string encode(const std::string& text) {
    std::istringstream input(text);
    std::ostringstream output;
    encode_numbers(input, output, *encoder_);
    return output.str();
  }
  std::string encode_rows(const std::string& text) {
    std::istringstream input(text);
    std::ostringstream output;
    encode_matrices(input, output, codec_, vocabulary_);
    return output.str();
  }
  std::string decode(const std::string& text) {
    std::istringstream input(text);
    std::ostringstream output;
    decode_matrices(input, output, codec_, vocabulary_);
    return output.str();
  }

  std::shared_ptr<const Encoder> encoder_ = testing::encoder("P1000");
  Vocabulary vocabulary_{*encoder_, *encoder_};
  SequenceCodec codec_{encoder_, vocabulary_};
};

template <typename Action>
std::string message(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(TokenCommands, EncodeNumbers) {
  EXPECT_EQ(encode("3.14159\n-0.5\r\n  0 \n+1e3"), "+ 314 E-2\n- 500 E-3\n+ 0 E0\n+ 100 E1\n");
  EXPECT_EQ(encode("inf\n-Infinity\nnan\n1e999\n"), "+ 999 E100\n- 999 E100\n+ 999 E100\n+ 999 E100\n");
  EXPECT_EQ(encode(""), "");
}

TEST_F(TokenCommands, EncodeMatrices) {
  EXPECT_EQ(encode_rows("[[1, -2.5], [0, 1e3]]\n[[\"nan\"]]\n"),
            "V2 V2 + 100 E-2 - 250 E-2 + 0 E0 + 100 E1\nV1 V1 + 999 E100\n");
}

TEST_F(TokenCommands, DecodeMatrices) {
  EXPECT_EQ(decode("V2 V2 + 100 E-2 - 250 E-2 + 0 E0 + 100 E1\n\n  V1   V1 + 1 E-1 rest\nV1 V1 what\n"),
            "[[1, -2.5], [0, 1000]]\nnull\n[[0.1]]\nnull\n");
}

TEST_F(TokenCommands, BadLinesAreNamedAfterTheGoodOnesWereAnswered) {
  std::istringstream input("1\n2\ntwo\n3\n");
  std::ostringstream output;
  const std::string text = message([&] { encode_numbers(input, output, *encoder_); });
  EXPECT_NE(text.find("line 3 of the input: 'two'"), text.npos) << text;
  EXPECT_EQ(output.str(), "+ 100 E-2\n+ 200 E-2\n");
  for (const char* bad : {"", "1 2", "1x", "--1", "0x", "1,5", "+-1"}) {
    EXPECT_NE(message([&] { encode(std::string(bad) + "\n"); }), "") << bad;
  }
  for (const char* bad : {"", "1", "[]", "[1]", "[[]]", "[[1],[1,2]]", "[[1],2]", "[[null]]", "[[1]] x", "{\"a\":1}",
                          "[[\"one\"]]", "[[[1]]]", "[[1]", "[[\"\xff\"]]"}) {
    EXPECT_NE(message([&] { encode_rows(std::string(bad) + "\n"); }).find("line 1 "), std::string::npos) << bad;
  }
}

TEST_F(TokenCommands, AByteOrderMarkSaysNothing) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(encode(mark + "3.14159\n"), "+ 314 E-2\n");
  EXPECT_EQ(encode_rows(mark + "[[1]]\n"), "V1 V1 + 100 E-2\n");
  EXPECT_EQ(decode(mark + "V1 V1 + 100 E-2\n"), "[[1]]\n");
  EXPECT_NE(message([&] { encode("1\n" + mark + "1\n"); }), "") << "it stands at the beginning or nowhere";
}

TEST(EncodingText, NamesAndTables) {
  const EncodingSpec table = read_encoding("{ plugin = \"positional\", base = 1000 }", "--encoding");
  EXPECT_EQ(table.plugin, "positional");
  EXPECT_EQ(std::get<std::int64_t>(table.table.entries.at("base").value), 1000);
  EXPECT_EQ(table.table.entries.size(), 1U);
  EXPECT_EQ(read_encoding("P1000", "--encoding").plugin, "positional");
  for (const char* bad : {"{", "{ base = 1000 }", "{ plugin = 3 }", "{ plugin = \"positional\" } x", "P11"}) {
    EXPECT_NE(message([&] { read_encoding(bad, "--encoding"); }).find("--encoding"), std::string::npos) << bad;
  }
}

TEST_F(TokenCommands, VocabularyIsInIdOrder) {
  std::ostringstream output;
  print_vocabulary(output, vocabulary_);
  std::istringstream lines(output.str());
  std::string token;
  TokenId id = 0;
  while (std::getline(lines, token)) EXPECT_EQ(vocabulary_.token(id++), token);
  EXPECT_EQ(static_cast<std::size_t>(id), vocabulary_.size());
}

TEST_F(TokenCommands, ReportOutputThatCannotBeWritten) {
  std::istringstream input("1\n");
  std::ostringstream output;
  output.setstate(std::ios::badbit);
  EXPECT_THROW(encode_numbers(input, output, *encoder_), Error);
}

/// Gives one line at a time, and notes how much output had been flushed when it was asked for it.
class SlowLines : public std::streambuf {
 public:
  explicit SlowLines(std::stringbuf& output) : output_(output) {}
  std::vector<std::size_t> answered;

 private:
  int_type underflow() override {
    const std::string text = output_.str();
    answered.push_back(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
    if (answered.size() > 3) return traits_type::eof();
    setg(line_, line_, line_ + 2);
    return traits_type::to_int_type(line_[0]);
  }
  std::stringbuf& output_;
  char line_[2] = {'1', '\n'};
};

TEST(AnswerLines, AnswersBeforeItWaits) {
  std::stringbuf answers;
  SlowLines lines(answers);
  std::istream input(&lines);
  std::ostream output(&answers);
  answer_lines(input, output, [](std::string_view line, std::string& text) { text += line; });
  EXPECT_EQ(lines.answered, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(NumberText, ReadsWhatCWrites) {
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_EQ(parse_number("+1.5e-3"), 1.5e-3);
  EXPECT_EQ(parse_number("\t.5 "), 0.5);
  EXPECT_EQ(parse_number("0x1p-2"), 0.25);
  EXPECT_EQ(parse_number("-1e-400"), 0.0);
  EXPECT_EQ(parse_number("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*parse_number("-nan")));
  for (const char* bad : {"", " ", "e5", "1e", "1 1", "infinite", "0xg"}) EXPECT_FALSE(parse_number(bad)) << bad;
}

TEST(NumberText, WritesTheFewestDigitsThatReadBack) {
  const auto text = [](double number) {
    std::string written;
    append_number(number, written);
    return written;
  };
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(-3), "-3");
  EXPECT_EQ(text(5.8740000000000006), "5.8740000000000006");
  EXPECT_EQ(text(1e300), "1e+300");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(text(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(MatrixJson, ReadsBackWhatItWrites) {
  Matrix matrix(2, 2);
  matrix(0, 0) = 0.1;
  matrix(0, 1) = -std::numeric_limits<double>::infinity();
  matrix(1, 0) = 1e-300;
  matrix(1, 1) = 12;
  std::string text;
  append_json(matrix, text);
  EXPECT_EQ(text, R"([[0.1, "-inf"], [1e-300, 12]])");
  EXPECT_EQ(parse_matrix(text), matrix);
}

}  // namespace
}  // namespace matseq
