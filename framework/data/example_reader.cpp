#include "data/example_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr std::string_view blanks = " ";
constexpr std::string_view digits = "0123456789";
/// Of a line's number in a file of the reference.
constexpr std::size_t most_digits = 20;

/// The reference writes a number and "|" before the input: "1|V2 V2 + ...". Unless they are a token, they say nothing.
std::string_view without_number(std::string_view line, const Vocabulary& vocabulary) {
  const std::size_t bar = line.find_first_not_of(digits);
  if (bar == 0 || bar == line.npos || bar > most_digits || line[bar] != '|') return line;
  const bool is_token = vocabulary.id(line.substr(0, line.find_first_of(" \t"))).has_value();
  return is_token ? line : line.substr(bar + 1);
}

void parse_side(std::string_view text, const char* name, const ExampleFormat& format, std::vector<TokenId>& tokens) {
  tokens.clear();
  std::size_t begin = text.find_first_not_of(blanks);
  while (begin != text.npos) {
    const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
    const std::string_view token = text.substr(begin, end - begin);
    const std::optional<TokenId> id = format.vocabulary->id(token);
    if (!id) throw Error(fmt::format("the token '{}' is not in the vocabulary", printable(token)));
    if (*id == Vocabulary::boundary || *id == Vocabulary::padding) {
      throw Error(fmt::format("the token '{}' ends or fills sequences and may not stand in an example", token));
    }
    if (tokens.size() + 1 >= format.max_len) {
      throw Error(fmt::format("the {} has {} tokens or more (data.max_len); fewer are accepted", name, format.max_len));
    }
    tokens.push_back(*id);
    begin = text.find_first_not_of(blanks, end);
  }
  if (tokens.empty()) throw Error(fmt::format("the {} has no tokens", name));
}

}  // namespace

std::size_t ExampleFormat::longest_line() const {
  const auto shorter = [](const std::string& one, const std::string& other) { return one.size() < other.size(); };
  const std::size_t longest_token = std::ranges::max_element(vocabulary->tokens(), shorter)->size();
  return most_digits + 1 + 2 * max_len * (longest_token + 1);
}

void parse_example(std::string_view line, const ExampleFormat& format, SequencePair& example) {
  line = without_number(line, *format.vocabulary);
  const std::size_t tab = line.find('\t');
  if (tab == line.npos || line.find('\t', tab + 1) != line.npos) {
    throw Error(fmt::format("the line has {}; an example is input tokens, one TAB, target tokens",
                            tab == line.npos ? "no TAB" : "several TABs"));
  }
  parse_side(line.substr(0, tab), "input", format, example.source);
  parse_side(line.substr(tab + 1), "target", format, example.target);
  if (format.check) format.check(example);
}

ExampleReader::ExampleReader(const FileDescriptor& file, std::uint64_t end, const ExampleFormat& format,
                             LinePlace begin)
    : format_(format), lines_(file, end, format.longest_line(), begin) {}

bool ExampleReader::next(SequencePair& example) {
  std::string_view line;
  if (!lines_.next(line)) return false;
  try {
    parse_example(line, format_, example);
  } catch (const Error& error) {
    lines_.refuse(error.what());
  }
  return true;
}

}  // namespace matseq
