#include <iostream>
#include <memory>
#include <string>

#include "commands.h"
#include "configuration/encoding_text.h"
#include "plugins/plugin_loader.h"
#include "score_command.h"
#include "token_streams.h"
#include "tokens/encoding_spec.h"
#include "tokens/sequence_codec.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

std::shared_ptr<const Encoder> make_encoder(PluginLoader& loader, const std::string& name, const std::string& option) {
  const EncodingSpec spec = read_encoding(name, option);
  return loader.make_encoder(spec.plugin, spec.table);
}

/// An encoding used for input and output alike, and its vocabulary.
struct OneEncoding {
  explicit OneEncoding(const std::string& name)
      : encoder(make_encoder(loader, name, "--encoding")), vocabulary(*encoder, *encoder), codec(encoder, vocabulary) {}

  PluginLoader loader;
  std::shared_ptr<const Encoder> encoder;
  Vocabulary vocabulary;
  SequenceCodec codec;
};

void add_encode(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("encode", "Writes numbers, one a line on standard input, as tokens, one line each");
  command->footer("Example: echo 3.14 | matseq encode --encoding P1000");
  const auto encoding = std::make_shared<std::string>();
  const auto matrix = std::make_shared<bool>(false);
  command->add_option("--encoding", *encoding, accepted_encodings())->required();
  command->add_flag("--matrix", *matrix, "a line is a matrix instead: a JSON array of rows");
  command->callback([=] {
    const OneEncoding one(*encoding);
    if (*matrix) {
      encode_matrices(std::cin, std::cout, one.codec, one.vocabulary);
    } else {
      encode_numbers(std::cin, std::cout, *one.encoder);
    }
  });
}

void add_decode(CLI::App& app) {
  CLI::App* command = app.add_subcommand("decode",
                                         "Reads tokens of matrices, one sequence a line on standard input, and prints "
                                         "JSON rows, or null where they are no\n"
                                         "matrix");
  command->footer("Example: echo 'V1 V1 + 314 E-2' | matseq decode --encoding P1000");
  const auto encoding = std::make_shared<std::string>();
  command->add_option("--encoding", *encoding, accepted_encodings())->required();
  command->callback([=] {
    const OneEncoding one(*encoding);
    decode_matrices(std::cin, std::cout, one.codec, one.vocabulary);
  });
}

void add_vocabulary(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "vocabulary", "Prints the tokens of two encodings together, one a line in the order of their ids");
  command->footer("Example: matseq vocabulary --input FP15 --output P1000");
  const auto input = std::make_shared<std::string>();
  const auto output = std::make_shared<std::string>();
  command->add_option("--input", *input, accepted_encodings())->required();
  command->add_option("--output", *output, "likewise, of the output")->required();
  command->callback([=] {
    PluginLoader loader;
    print_vocabulary(std::cout,
                     Vocabulary(*make_encoder(loader, *input, "--input"), *make_encoder(loader, *output, "--output")));
  });
}

void add_score(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "score",
      "Scores answers: reads JSON lines with task, source, target, hypothesis and perhaps coeff_tolerance on standard\n"
      "input, and prints JSON lines with max, d1, d2 and nb (share of right coefficients), all null where the "
      "hypothesis\n"
      "cannot be scored");
  command->footer(
      "Example: echo '{\"task\": \"transpose\", \"source\": [[1, 2]], \"target\": [[1], [2]], \"hypothesis\": [[1], "
      "[2]]}' | matseq score");
  command->callback([] {
    PluginLoader loader;
    score_lines(std::cin, std::cout, [&loader](const std::string& plugin, const ParameterTable& table) {
      return loader.make_task(plugin, table);
    });
  });
}

}  // namespace

void add_token_commands(CLI::App& app) {
  add_encode(app);
  add_decode(app);
  add_vocabulary(app);
  add_score(app);
}

}  // namespace matseq
