#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "configuration/encoding_text.h"
#include "files/atomic_file.h"
#include "files/json_number.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "plugins/plugin_loader.h"
#include "report/svg_plot.h"
#include "text_table.h"
#include "tokens/encoding_inspection.h"
#include "tokens/encoding_spec.h"
#include "tokens/number_text.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

using OrderedJson = nlohmann::ordered_json;
using Align = TextTable::Align;

constexpr std::size_t most_encodings = 8;  // as many as there are colours
constexpr std::size_t parts = 72;          // of the range, and characters of the plot
constexpr std::size_t shown_tokens = 12;
constexpr std::size_t longest_shown = 60;
constexpr std::int64_t largest_size = 10000;
/// Okabe and Ito's, which people with any colour vision can tell apart.
constexpr const char* colours[most_encodings] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                 "#56b4e9", "#d55e00", "#000000", "#b8a900"};

struct InspectArguments {
  std::vector<std::string> specs;
  std::string numbers = "3.14159,-0.001,0,42,1e10";
  std::vector<double> range = {1e-12, 1e12};
  std::vector<std::int64_t> sizes = {1, 2, 3, 5, 8, 10, 15, 20};
  std::string svg;
  bool json = false;
};

/// One encoding and all that is to be shown of it.
struct Inspected {
  std::string name;
  std::shared_ptr<const Encoder> encoder;
  std::size_t vocabulary = 0;  ///< of a model that reads and writes it
  std::vector<WrittenNumber> numbers;
  std::vector<RoundingError> rounding;
};

std::vector<double> numbers_of(const std::string& text) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::optional<double> number = parse_number(part);
    if (!number) {
      throw Error(fmt::format("--numbers: '{}' is no number; numbers between commas are accepted: --numbers=-0.5,1e10",
                              printable(part, longest_shown)));
    }
    numbers.push_back(*number);
    at = end + 1;
  }
  return numbers;
}

void check_range(const std::vector<double>& range) {
  if (range.size() == 2 && range[0] > 0 && range[0] < range[1] && std::isfinite(range[1])) return;
  throw Error("--range: two finite absolute values above 0 are accepted, the smaller first: --range 1e-6 1e6");
}

std::vector<Inspected> inspect(const InspectArguments& arguments, PluginLoader& loader) {
  if (arguments.specs.size() > most_encodings) {
    throw Error(
        fmt::format("{} encodings side by side; at most {} are accepted", arguments.specs.size(), most_encodings));
  }
  check_range(arguments.range);
  const std::vector<double> numbers = numbers_of(arguments.numbers);
  std::vector<Inspected> all;
  for (const std::string& text : arguments.specs) {
    const EncodingSpec spec = read_encoding(text, "SPEC");
    Inspected one;
    one.name = printable(text, longest_shown);
    one.encoder = loader.make_encoder(spec.plugin, spec.table);
    one.vocabulary = Vocabulary(*one.encoder, *one.encoder).size();
    for (const double number : numbers) one.numbers.push_back(write_number(*one.encoder, number));
    one.rounding = rounding_errors(*one.encoder, arguments.range[0], arguments.range[1], parts);
    all.push_back(std::move(one));
  }
  return all;
}

std::string number_text(double number) {
  std::string text;
  append_number(number, text);
  return text;
}

std::string joined_tokens(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
  return text;
}

std::string error_text(double error) {
  if (error == 0) return "0";
  return std::isfinite(error) ? fmt::format("{:.2g}%", 100 * error) : "unreadable";
}

std::string numbers_table(const std::vector<Inspected>& all) {
  TextTable table(
      {{"number", Align::right}, {"encoding"}, {"tokens"}, {"read as", Align::right}, {"error", Align::right}});
  for (std::size_t i = 0; i < all.front().numbers.size(); ++i) {
    for (const Inspected& one : all) {
      const WrittenNumber& written = one.numbers[i];
      table.add({&one == &all.front() ? number_text(written.number) : "", one.name,
                 printable(joined_tokens(written.tokens), longest_shown),
                 written.read ? number_text(*written.read) : "nothing", error_text(written.relative_error())});
    }
  }
  return table.text();
}

/// The worst and the mean over the whole range.
std::pair<double, double> overall(const std::vector<RoundingError>& rounding) {
  double largest = 0;
  double mean = 0;
  for (const RoundingError& error : rounding) {
    largest = std::max(largest, error.largest);
    mean += error.mean / static_cast<double>(rounding.size());
  }
  return {mean, largest};
}

/// The first and the last tokens.
std::string token_sample(const std::vector<std::string>& tokens) {
  std::vector<std::string> shown = tokens;
  if (tokens.size() > shown_tokens) {
    shown.assign(tokens.begin(), tokens.begin() + shown_tokens / 2);
    shown.emplace_back("...");
    shown.insert(shown.end(), tokens.end() - shown_tokens / 2, tokens.end());
  }
  return joined_tokens(shown);
}

std::string vocabulary_table(const std::vector<Inspected>& all) {
  TextTable table({{"encoding"},
                   {"tokens a number", Align::right},
                   {"tokens", Align::right},
                   {"vocabulary", Align::right},
                   {"limit", Align::right},
                   {"mean error", Align::right},
                   {"largest error", Align::right},
                   {"its tokens"}});
  for (const Inspected& one : all) {
    const auto [mean, largest] = overall(one.rounding);
    table.add({one.name, std::to_string(one.encoder->longest()), std::to_string(one.encoder->tokens().size()),
               std::to_string(one.vocabulary), fmt::format("{:.3g}", one.encoder->limit()), error_text(mean),
               error_text(largest), printable(token_sample(one.encoder->tokens()), longest_shown * 2)});
  }
  return table.text();
}

std::string lengths_table(const std::vector<Inspected>& all, const std::vector<std::int64_t>& sizes) {
  std::vector<TextTable::Column> columns = {{"tokens of n x n, n ="}};
  for (const std::int64_t size : sizes) columns.push_back({std::to_string(size), Align::right});
  TextTable table(std::move(columns));
  for (const Inspected& one : all) {
    std::vector<std::string> cells = {one.name};
    for (const std::int64_t size : sizes) {
      cells.push_back(std::to_string(longest_sequence(*one.encoder, static_cast<std::size_t>(size))));
    }
    table.add(std::move(cells));
  }
  return table.text();
}

std::string rounding_picture(const std::vector<Inspected>& all) {
  std::vector<std::vector<RoundingError>> curves;
  std::string legend;
  for (std::size_t i = 0; i < all.size(); ++i) {
    curves.push_back(all[i].rounding);
    legend += fmt::format("{}{} {}", i == 0 ? "" : ", ", static_cast<char>('a' + i), all[i].name);
  }
  std::string text =
      fmt::format("largest rounding error by absolute value ({}{})\n", legend, all.size() > 1 ? ", * several" : "");
  for (const std::string& line : rounding_plot(curves)) text += line + "\n";
  return text;
}

std::string to_text(const std::vector<Inspected>& all, const InspectArguments& arguments) {
  return numbers_table(all) + "\n" + vocabulary_table(all) +
         fmt::format(
             "\nvocabulary: of a model that reads and writes this encoding, sizes and fixed tokens included. limit: "
             "numbers "
             "of\nthis absolute value and above cannot be written. Errors are relative, of absolute values from {:g} "
             "to "
             "{:g}.\n\n",
             arguments.range[0], arguments.range[1]) +
         lengths_table(all, arguments.sizes) + "\n" + rounding_picture(all);
}

OrderedJson to_json(const Inspected& one, const std::vector<std::int64_t>& sizes) {
  const auto [mean, largest] = overall(one.rounding);
  OrderedJson json = {{"encoding", one.name},
                      {"tokens_a_number", one.encoder->longest()},
                      {"tokens", one.encoder->tokens().size()},
                      {"vocabulary", one.vocabulary},
                      {"limit", json_number(one.encoder->limit())},
                      {"mean_error", json_number(mean)},
                      {"largest_error", json_number(largest)},
                      {"numbers", OrderedJson::array()},
                      {"rounding", OrderedJson::array()},
                      {"sequence_lengths", OrderedJson::object()}};
  for (const WrittenNumber& written : one.numbers) {
    json["numbers"].push_back({{"number", json_number(written.number)},
                               {"tokens", written.tokens},
                               {"read", written.read ? OrderedJson(json_number(*written.read)) : OrderedJson()},
                               {"relative_error", json_number(written.relative_error())}});
  }
  for (const RoundingError& error : one.rounding) {
    json["rounding"].push_back({{"from", error.from},
                                {"to", error.to},
                                {"mean", json_number(error.mean)},
                                {"largest", json_number(error.largest)}});
  }
  for (const std::int64_t size : sizes) {
    json["sequence_lengths"][std::to_string(size)] = longest_sequence(*one.encoder, static_cast<std::size_t>(size));
  }
  return json;
}

std::string rounding_svg(const std::vector<Inspected>& all, const std::vector<double>& range) {
  constexpr double smallest = 1e-6;  // errors below are as good as none
  SvgPlot plot("Rounding error of encodings", "largest relative error of numbers written and read again",
               logarithmic_axis("absolute value", range[0], range[1], false),
               logarithmic_axis("largest relative error", smallest, 1, true));
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<SvgPlot::Point> points;
    for (const RoundingError& error : all[i].rounding) {
      points.push_back({std::sqrt(error.from) * std::sqrt(error.to), std::clamp(error.largest, smallest, 1.0)});
    }
    plot.add_line(all[i].name, colours[i], points, false);
  }
  return plot.svg();
}

void inspect_encodings(const InspectArguments& arguments) {
  PluginLoader loader;
  const std::vector<Inspected> all = inspect(arguments, loader);
  if (!arguments.svg.empty()) write_atomically(arguments.svg, rounding_svg(all, arguments.range));
  if (!arguments.json) {
    std::cout << to_text(all, arguments) << std::flush;
    return;
  }
  OrderedJson json = OrderedJson::array();
  for (const Inspected& one : all) json.push_back(to_json(one, arguments.sizes));
  std::cout << json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) << "\n" << std::flush;
}

}  // namespace

void add_inspect_encoding_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("inspect-encoding",
                         "Shows encodings side by side: the tokens of numbers, the vocabulary, how long matrices "
                         "become, and what rounding\n"
                         "costs, before anything is trained.");
  command->footer("Example: matseq inspect-encoding P10 P1000 B1999 FP15 --numbers=3.14,-0.001,1e10");
  const auto arguments = std::make_shared<InspectArguments>();
  command->add_option("spec", arguments->specs, accepted_encodings())->required();
  command->add_option("--numbers", arguments->numbers,
                      "show the tokens of these, separated by commas (default: " + arguments->numbers +
                          "); --numbers=-1,2 where the first is negative");
  command
      ->add_option("--range", arguments->range,
                   "the smallest and the largest absolute value whose rounding is measured (default: 1e-12 1e12)")
      ->expected(2);
  command
      ->add_option("--sizes", arguments->sizes,
                   "show the tokens of n x n matrices of these n, separated by commas (default: 1,2,3,5,8,10,15,20)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(std::int64_t{1}, largest_size));
  command->add_option("--svg", arguments->svg, "a file for the plot of rounding errors");
  command->add_flag("--json", arguments->json, "print JSON instead of tables");
  command->callback([arguments] { inspect_encodings(*arguments); });
}

}  // namespace matseq
