// Matrices in the formats that other programs write, and in those that nobody should.
#include "tokens/matrix_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "matrices.h"
#include "matseq/error.h"

namespace matseq {
namespace {

std::vector<ReadMatrix> read_all(const std::string& text, MatrixFormat format) {
  std::istringstream input(text);
  const std::unique_ptr<MatrixReader> reader = make_matrix_reader(input, "in", format);
  std::vector<ReadMatrix> all;
  for (ReadMatrix next; reader->next(next);) all.push_back(next);
  return all;
}

Matrix only(const std::string& text, MatrixFormat format) {
  const std::vector<ReadMatrix> all = read_all(text, format);
  EXPECT_EQ(all.size(), 1U);
  return all.at(0).matrix;
}

void expect_refused(const std::string& text, MatrixFormat format, const std::vector<std::string>& parts) {
  try {
    read_all(text, format);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << " is not in: " << error.what();
    }
  }
}

TEST(MatrixReader, FormatsByName) {
  EXPECT_EQ(format_named("mtx"), MatrixFormat::matrix_market);
  EXPECT_EQ(format_named("jsonl"), std::nullopt);
  EXPECT_EQ(format_of_file("a/b.c/x.npy"), MatrixFormat::npy);
  EXPECT_EQ(format_of_file("x.jsonl"), MatrixFormat::json);
  EXPECT_EQ(format_of_file("x.csv"), MatrixFormat::csv);
  EXPECT_EQ(format_of_file("x.txt"), std::nullopt);
  EXPECT_EQ(format_of_file("csv"), std::nullopt);
}

TEST(MatrixReader, JsonLines) {
  const auto all = read_all(
      "[[1, 2], [3, \"-1e400\"]]\r\n\n {\"task\": \"E\", \"source\": [[5]], \"target\": 1}\n[[7]]", MatrixFormat::json);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].matrix(1, 0), 3);
  EXPECT_EQ(all[0].matrix(1, 1), -INFINITY);
  EXPECT_EQ(all[0].place, "in:1");
  EXPECT_EQ(all[1].matrix, matrix({{5}}));
  EXPECT_EQ(all[1].task, "E");
  EXPECT_EQ(all[1].place, "in:3");
  EXPECT_EQ(all[2].task, "");
  EXPECT_TRUE(read_all("", MatrixFormat::json).empty());
  expect_refused("[[1]]\n[[1, 2], [3]]", MatrixFormat::json, {"in:2", "rows of 2 and of 1"});
  expect_refused("[[1], [null]]", MatrixFormat::json, {"in:1", "no number"});
  expect_refused("{\"matrix\": [[1]]}", MatrixFormat::json, {"in:1", "'source' is missing"});
  expect_refused("{\"source\": [[1]], \"task\": 3}", MatrixFormat::json, {"in:1", "'task'"});
  expect_refused(std::string(100000, '['), MatrixFormat::json, {"in:1", "deeper"});
  expect_refused("1 2\n", MatrixFormat::json, {"in:1"});
}

TEST(MatrixReader, Csv) {
  const auto all =
      read_all("\xEF\xBB\xBF# made by hand\n1, 2.5\n-3,4e-2 # rest\n# between\n5,6\n\n\n7;8\n\n1 2\t3\n4\t5\t6",
               MatrixFormat::csv);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].matrix, matrix({{1, 2.5}, {-3, 0.04}, {5, 6}}));
  EXPECT_EQ(all[0].place, "in:2");
  EXPECT_EQ(all[1].matrix, matrix({{7, 8}}));
  EXPECT_EQ(all[1].place, "in:8");
}

TEST(MatrixReader, BlanksSeparateColumns) {
  EXPECT_EQ(only(" 1  2\n 3 \t 4 \n", MatrixFormat::csv), matrix({{1, 2}, {3, 4}}));
  EXPECT_TRUE(read_all("\n\n# nothing\n", MatrixFormat::csv).empty());
}

TEST(MatrixReader, FaultyCsv) {
  expect_refused("1,2\n3\n", MatrixFormat::csv, {"in:2", "a row of 1 numbers in a matrix of 2 columns"});
  expect_refused("a,b\n1,2\n", MatrixFormat::csv, {"in:1", "'a' is no number"});
  expect_refused("1,,2\n", MatrixFormat::csv, {"in:1", "'' is no number"});
  expect_refused("1,2,\n", MatrixFormat::csv, {"in:1"});
  expect_refused(std::string("1,\x1b[2J\n"), MatrixFormat::csv, {"\\x1b"});
  std::string long_row;
  for (int i = 0; i < 1'000'001; ++i) long_row += "1,";
  expect_refused(long_row, MatrixFormat::csv, {"more than 1000000 entries"});
}

TEST(MatrixReader, MatrixMarketCoordinates) {
  EXPECT_EQ(only("%%MatrixMarket matrix coordinate real general\n% remark\n\n2 3 2\n1 3 4.5\n2 1 -1e-3\n",
                 MatrixFormat::matrix_market),
            matrix({{0, 0, 4.5}, {-0.001, 0, 0}}));
  EXPECT_EQ(
      only("%%matrixmarket MATRIX Coordinate Integer Symmetric\n2 2 2\n1 1 3\n2 1 7\n", MatrixFormat::matrix_market),
      matrix({{3, 7}, {7, 0}}));
  EXPECT_EQ(only("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 7\n", MatrixFormat::matrix_market),
            matrix({{0, -7}, {7, 0}}));
}

TEST(MatrixReader, MatrixMarketArrays) {
  EXPECT_EQ(only("%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n", MatrixFormat::matrix_market),
            matrix({{1, 3, 5}, {2, 4, 6}}));
  EXPECT_EQ(only("%%MatrixMarket matrix array real symmetric\n3 3\n1\n2\n3\n4\n5\n6\n", MatrixFormat::matrix_market),
            matrix({{1, 2, 3}, {2, 4, 5}, {3, 5, 6}}));
}

TEST(MatrixReader, FaultyMatrixMarket) {
  const std::string coordinates = "%%MatrixMarket matrix coordinate real general\n";
  const auto refused = [](const std::string& text, const std::vector<std::string>& parts) {
    expect_refused(text, MatrixFormat::matrix_market, parts);
  };
  refused("2 2 1\n", {"in:1", "no Matrix Market file"});
  refused("%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 1\n", {"in:1", "'complex'", "'real'"});
  refused("%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1\n", {"in:1", "'pattern'"});
  refused(coordinates + "0 2 0\n", {"in:2", "0 x 2"});
  refused(coordinates + "4000000000 4000000000 1\n", {"in:2", "at most 1000000 entries"});
  refused(coordinates + "18446744073709551615 2 1\n", {"in:2", "at most 1000000 entries"});
  refused(coordinates + "99999999999999999999 2 1\n", {"in:2", "no natural number"});
  refused(coordinates + "-1 2 1\n", {"in:2", "no natural number"});
  refused(coordinates + "2 2 5\n", {"in:2", "5 entries"});
  refused(coordinates + "2 2 1\n3 1 1\n", {"in:3", "row 3, column 1"});
  refused(coordinates + "2 2 1\n0 1 1\n", {"in:3", "counted from 1"});
  refused(coordinates + "2 2 2\n1 1 1\n1 1 2\n", {"in:4", "second entry"});
  refused(coordinates + "2 2 2\n1 1 1\n", {"the file ends"});
  refused(coordinates + "2 2 1\n1 1 1\n1 2 1\n", {"in:4", "after the last entry"});
  refused(coordinates + "2 2 1\n1 1\n", {"in:3", "2 values"});
  refused(coordinates + "2 2 1\n1 1 x\n", {"in:3", "'x' is no number"});
  refused("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n", {"in:3", "above the diagonal"});
  refused("%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n1 1 1\n", {"in:2", "not square"});
  refused("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n1 1 1\n", {"in:3"});
}

/// A file as NumPy writes it: version 1, the header padded with blanks.
std::string npy(const std::string& header, const std::string& data) {
  std::string padded = header;
  padded.resize((header.size() + 10 + 64) / 64 * 64 - 10 - 1, ' ');
  padded += '\n';
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(padded.size() % 256);
  text += static_cast<char>(padded.size() / 256);
  return text + padded + data;
}

std::string header(const std::string& type, const std::string& order, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

template <typename Number>
std::string bytes(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

const std::vector<double> six = {1, 2, 3, 4, 5, 6};

TEST(MatrixReader, NumpyTypesAndDimensions) {
  EXPECT_EQ(only(npy(header("<f8", "False", "(2, 3)"), bytes(six)), MatrixFormat::npy), matrix({{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(only(npy(header("<f8", "True", "(2, 3)"), bytes(six)), MatrixFormat::npy), matrix({{1, 3, 5}, {2, 4, 6}}));
  EXPECT_EQ(only(npy(header("<f4", "False", "(3,)"), bytes<float>({1.5F, -2, 3})), MatrixFormat::npy),
            matrix({{1.5, -2, 3}}));
  EXPECT_EQ(only(npy(header("<i8", "False", "(1, 2)"), bytes<std::int64_t>({-7, 1LL << 40U})), MatrixFormat::npy),
            matrix({{-7, 1099511627776.0}}));
  EXPECT_EQ(only(npy(header("|u1", "False", "(2, 1)"), bytes<std::uint8_t>({255, 0})), MatrixFormat::npy),
            matrix({{255}, {0}}));
  EXPECT_EQ(only(npy(header("<i2", "False", "(1, 1)"), bytes<std::int16_t>({-300})), MatrixFormat::npy),
            matrix({{-300}}));
}

// Found by fuzzing: a matrix that was written was read as another.
TEST(MatrixReader, JsonHasNegativeZeros) {
  const Matrix zeros = only("[[-0, -0.0, 0]]", MatrixFormat::json);
  EXPECT_TRUE(std::signbit(zeros(0, 0)));
  EXPECT_TRUE(std::signbit(zeros(0, 1)));
  EXPECT_FALSE(std::signbit(zeros(0, 2)));
}

// The entries as NumPy has written them.
TEST(MatrixReader, NumpyHalfPrecision) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::string entries("\x00\x3e\x00\xc0\xff\x7b\x01\x00\x00\x7c\x66\x2e", 12);
  EXPECT_EQ(only(npy(header("<f2", "False", "(2, 3)"), entries), MatrixFormat::npy),
            matrix({{1.5, -2, 65504}, {0x1p-24, infinity, 0.0999755859375}}));
  const Matrix others =
      only(npy(header(">f2", "False", "(4,)"), std::string("\x2e\x66\x80\x00\xfc\x00\x7e\x00", 8)), MatrixFormat::npy);
  EXPECT_EQ(others(0, 0), 0.0999755859375);
  EXPECT_TRUE(others(0, 1) == 0 && std::signbit(others(0, 1)));
  EXPECT_EQ(others(0, 2), -infinity);
  EXPECT_TRUE(std::isnan(others(0, 3)));
}

TEST(MatrixReader, NumpyBigEndian) {
  EXPECT_EQ(only(npy(header(">f8", "False", "(1, 2)"),
                     std::string("\x3f\xf8\0\0\0\0\0\0\x01\xa5\x6e\x1f\xc2\xf8\xf3\x59", 16)),
                 MatrixFormat::npy),
            matrix({{1.5, 1e-300}}));
  EXPECT_EQ(
      only(npy(header(">i4", "False", "(1, 2)"), std::string("\0\0\0\x01\xff\xff\xff\xfe", 8)), MatrixFormat::npy),
      matrix({{1, -2}}));
  EXPECT_EQ(only(npy(header(">f4", "True", "(2, 3)"),
                     std::string("\x3f\x80\0\0\x40\x80\0\0\x40\0\0\0\x40\xa0\0\0\x40\x40\0\0\x40\xc0\0\0", 24)),
                 MatrixFormat::npy),
            matrix({{1, 2, 3}, {4, 5, 6}}));
}

TEST(MatrixReader, NumpyArraysOfMatrices) {
  const auto by_rows = read_all(npy(header("<f8", "False", "(3, 1, 2)"), bytes(six)), MatrixFormat::npy);
  ASSERT_EQ(by_rows.size(), 3U);
  EXPECT_EQ(by_rows[1].matrix, matrix({{3, 4}}));
  EXPECT_EQ(by_rows[2].place, "in: matrix 3");
  // A[i, 0, j] stands at i + 3 j.
  const auto by_columns = read_all(npy(header("<f8", "True", "(3, 1, 2)"), bytes(six)), MatrixFormat::npy);
  ASSERT_EQ(by_columns.size(), 3U);
  EXPECT_EQ(by_columns[0].matrix, matrix({{1, 4}}));
  EXPECT_EQ(by_columns[2].matrix, matrix({{3, 6}}));
  EXPECT_TRUE(read_all("", MatrixFormat::npy).empty());
}

TEST(MatrixReader, FaultyNumpy) {
  const auto refused = [](const std::string& text, const std::vector<std::string>& parts) {
    expect_refused(text, MatrixFormat::npy, parts);
  };
  refused("PK\x03\x04 and so on", {"in: ", "does not begin with"});
  refused("\x93NU", {"the file ends"});
  refused(npy(header("<f8", "False", "(2, 3)"), bytes(six).substr(1)), {"the file ends before the array"});
  refused(npy(header("<f8", "False", "(2, 3)"), bytes(six) + "x"), {"more in the file"});
  refused(npy(header("<f16", "False", "(2, 3)"), bytes(six)), {"'<f16'", "float16, float32, float64 and integers"});
  refused(npy(header("|f8", "False", "(2, 3)"), bytes(six)), {"'|f8'"});
  refused(npy(header("", "False", "(2, 3)"), bytes(six)), {"type ''"});
  refused(npy(header("|O", "False", "(2, 3)"), bytes(six)), {"'|O'"});
  refused(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3)}", bytes(six)), {"[("});
  refused(npy(header("<f8", "False", "()"), bytes(six)), {"0 dimensions"});
  refused(npy(header("<f8", "False", "(1, 1, 2, 3)"), bytes(six)), {"4 dimensions"});
  refused(npy(header("<f8", "False", "(0, 3)"), ""), {"0 x 3"});
  refused(npy(header("<f8", "False", "(-2, 3)"), bytes(six)), {"'-2'"});
  refused(npy(header("<f8", "False", "(18446744073709551616, 3)"), bytes(six)), {"no natural number"});
  refused(npy(header("<f8", "False", "(1000000000, 1000000000)"), bytes(six)), {"at most 1000000 entries"});
  refused(npy(header("<f8", "True", "(1000000000000, 1, 1)"), bytes(six)), {"Fortran order"});
  refused(npy(header("<f8", "True", "(16000000, 1, 1)"), bytes(six)), {"the file ends before"});
  refused(npy(header("<f8", "False", "3"), bytes(six)), {"no tuple"});
  refused(npy("{'descr': '<f8', 'shape': (2, 3)}", bytes(six)), {"'fortran_order'"});
  refused(npy("{'descr': '<f8'", bytes(six)), {"the header has no"});
  refused(npy("", ""), {"the header has no"});
  std::string long_header = "\x93NUMPY\x02";
  long_header += std::string("\0\xff\xff\xff\xff", 5);
  refused(long_header, {"a header of 4294967295 bytes"});
  std::string version = npy(header("<f8", "False", "(2, 3)"), bytes(six));
  version[6] = 9;
  refused(version, {"version 9"});
}

// Every prefix of a file, and every byte changed, is a matrix or an Error, nothing else.
TEST(MatrixReader, DamagedFilesAreErrorsAtMost) {
  const std::vector<std::pair<MatrixFormat, std::string>> files = {
      {MatrixFormat::npy, npy(header("<f8", "True", "(3, 1, 2)"), bytes(six))},
      {MatrixFormat::matrix_market, "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 3\n2 1 7\n"},
      {MatrixFormat::csv, "1,2\n3,4\n\n5;6\n"},
      {MatrixFormat::json, "{\"source\": [[1, 2], [3, 4]], \"task\": \"E\"}\n"}};
  std::size_t read = 0;
  std::size_t refused = 0;
  const auto attempt = [&](const std::string& text, MatrixFormat format) {
    try {
      read += read_all(text, format).size();
    } catch (const Error&) {
      ++refused;
    }
  };
  for (const auto& [format, text] : files) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      attempt(text.substr(0, i), format);
      for (const unsigned char change : {0x01U, 0x10U, 0x80U}) {
        std::string changed = text;
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ change);
        attempt(changed, format);
      }
    }
  }
  EXPECT_GT(read, 100U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace matseq
