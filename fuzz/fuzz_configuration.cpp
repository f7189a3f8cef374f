// Experiment files: the TOML, the framework's tables, the plugins' schemas, the task and encoders made from them; and
// the reference's flags. What is accepted and written down must be read back the same.
#include <string_view>

#include "configuration/experiment.h"
#include "configuration/optimizer_spec.h"
#include "configuration/reference_flags.h"
#include "data/experiment_data.h"
#include "fuzz_input.h"

namespace matseq {
namespace {

constexpr std::string_view flag_marker = "--";

void read_flags(const std::string& text) {
  const ReferenceConversion conversion = convert_reference_settings(parse_reference_flags(text));
  parse_toml(to_toml(conversion), "converted", {});
}

void read_tables(const std::string& text) {
  const TomlDocument document = parse_toml(text, "input", {});
  const std::string written = format_toml(document);
  fuzz::require(fuzz::accepted([&] {
                  fuzz::require(format_toml(parse_toml(written, "written", {})) == written,
                                "what is written is read back");
                }),
                "what is written can be read");

  const Experiment experiment = read_experiment(document, "/folder");
  // Examples are not drawn: a few numbers in a file may ask for much work, and that is the user's right.
  make_experiment_data(experiment, fuzz::plugins());
  fuzz::plugins().make_schedule(experiment.schedule.plugin, experiment.schedule.table)->rate(1000, 1e-3);
}

}  // namespace
}  // namespace matseq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  matseq::fuzz::accepted(
      [&] { text.starts_with(matseq::flag_marker) ? matseq::read_flags(text) : matseq::read_tables(text); });
  return 0;
}
