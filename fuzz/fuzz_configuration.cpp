// Experiment files: the TOML, the framework's tables, the plugins' schemas, the task and encoders made from them; and
// the reference's flags. What is accepted and written down must be read back the same.
#include <string_view>

#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "fuzz_input.h"
#include "reference/optimizer_spec.h"
#include "reference/reference_flags.h"

namespace matseq {
namespace {

constexpr std::string_view flag_marker = "--";

void read_flags(const std::string& text) {
  const ReferenceConversion conversion = convert_reference_settings(parse_reference_flags(text));
  parse_toml(to_toml(conversion), "converted", {});
}

/// Vocabularies of millions of tokens are allowed, but building one for every other input would be all that is done.
bool is_small(const EncodingSpec& spec) {
  constexpr std::int64_t most_digits = 2;
  constexpr std::int64_t largest_base = 10000;
  const ParameterSchema& schema = fuzz::plugins().schema(PluginKind::encoder, spec.plugin);
  const Parameters checked = Parameters::check(schema, spec.table, "encoder");
  return checked.integer("precision") <= most_digits &&
         (spec.plugin != "positional" || checked.integer("base") <= largest_base);
}

void read_tables(const std::string& text) {
  const TomlDocument document = parse_toml(text, "input", {}, reference_shorthands());
  const std::string written = format_toml(document);
  fuzz::require(fuzz::accepted([&] {
                  fuzz::require(format_toml(parse_toml(written, "written", {})) == written,
                                "what is written is read back");
                }),
                "what is written can be read");

  const Experiment experiment = read_experiment(document, "/folder");
  fuzz::plugins().make_schedule(experiment.schedule.plugin, experiment.schedule.table)->rate(1000, 1e-3);
  if (!is_small(experiment.input_encoding) || !is_small(experiment.output_encoding)) return;
  // Examples are not drawn: a few numbers in a file may ask for much work, and that is the user's right.
  make_experiment_data(experiment, fuzz::plugins());
}

}  // namespace
}  // namespace matseq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  matseq::fuzz::accepted(
      [&] { text.starts_with(matseq::flag_marker) ? matseq::read_flags(text) : matseq::read_tables(text); });
  return 0;
}
