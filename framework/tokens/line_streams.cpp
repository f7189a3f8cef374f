#include "tokens/line_streams.h"

#include <fmt/format.h>

#include <cstddef>

#include "matseq/error.h"

namespace matseq {
namespace {

constexpr std::size_t piece = std::size_t{1} << 16U;

}  // namespace

LineWriter::~LineWriter() {
  try {
    flush();
  } catch (...) {  // a destructor has nobody to tell
  }
}

void LineWriter::end_line() {
  text_ += '\n';
  if (text_.size() < piece) return;
  output_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
  if (!output_) throw Error("the output cannot be written");
}

void LineWriter::flush() {
  output_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
  output_.flush();
  if (!output_) throw Error("the output cannot be written");
}

void answer_lines(std::istream& input, std::ostream& output, const LineAnswer& answer) {
  LineWriter writer(output);
  std::string line;
  for (std::size_t number = 1; std::getline(input, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t before = writer.text().size();
    try {
      answer(line, writer.text());
    } catch (const Error& error) {
      writer.text().resize(before);
      writer.flush();
      throw Error(fmt::format("line {} of the input: {}", number, error.what()));
    }
    writer.end_line();
    if (input.rdbuf()->in_avail() <= 0) writer.flush();
  }
  if (input.bad()) throw Error("the input cannot be read");
  writer.flush();
}

}  // namespace matseq
