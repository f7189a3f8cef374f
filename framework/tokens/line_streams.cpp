#include "tokens/line_streams.h"

#include <fmt/format.h>

#include <cstddef>

#include "files/byte_order_mark.h"
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

std::uint64_t answer_lines(std::istream& input, std::ostream& output, const LineAnswer& answer, EmptyLines empty) {
  LineWriter writer(output);
  std::string buffer;
  std::uint64_t answered = 0;
  for (std::uint64_t number = 1; std::getline(input, buffer); ++number) {
    std::string_view line = buffer;
    if (number == 1) line = without_byte_order_mark(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (empty == EmptyLines::passed_over && line.find_first_not_of(" \t") == line.npos) continue;
    const std::size_t before = writer.text().size();
    try {
      answer(line, writer.text());
    } catch (const Error& error) {
      writer.text().resize(before);
      writer.flush();
      throw Error(fmt::format("line {} of the input: {}", number, error.what()));
    }
    writer.end_line();
    ++answered;
    if (input.rdbuf()->in_avail() <= 0) writer.flush();
  }
  if (input.bad()) throw Error("the input cannot be read");
  writer.flush();
  return answered;
}

}  // namespace matseq
