#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "files/atomic_file.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "named_task.h"
#include "plugins/plugin_loader.h"
#include "report/report.h"
#include "report/report_input.h"

namespace matseq {
namespace {

struct ReportArguments {
  std::vector<std::string> inputs;
  std::string output = "report.html";
  std::string title;
};

/// A slip of the hand must not cost a file that is something else.
void check_replaceable(const std::filesystem::path& output) {
  constexpr std::string_view beginning = "<!DOCTYPE html>";
  if (!std::filesystem::exists(output)) return;
  std::ifstream file(output, std::ios::binary);
  std::string text(beginning.size(), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (std::filesystem::is_regular_file(output) && (text == beginning || std::filesystem::is_empty(output))) return;
  throw Error("'" + output.string() + "' is there already and no web page; name another file after -o");
}

/// What of the input cannot be read: the page says it, too.
void print_refusals(const Report& report) {
  constexpr std::size_t longest = 1000;
  for (const ReportedRun& run : report.runs) {
    if (!run.refusal.empty()) std::cerr << "note: " << printable(run.refusal, longest) << "\n";
  }
}

void write_report(const ReportArguments& arguments) {
  check_replaceable(arguments.output);
  PluginLoader loader;
  Report report =
      read_report(arguments.inputs, [&loader](const std::string& name) { return named_task(loader, name); });
  if (!arguments.title.empty()) report.title = arguments.title;
  report.made = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
  print_refusals(report);
  const std::string page = report_page(report);
  write_atomically(arguments.output, page);
  constexpr std::size_t kilobyte = 1000;
  std::cout << fmt::format("{}: {} run{}, {} analys{}, {} kB\n", printable(arguments.output), report.runs.size(),
                           report.runs.size() == 1 ? "" : "s", report.analyses.size(),
                           report.analyses.size() == 1 ? "is" : "es", (page.size() + kilobyte - 1) / kilobyte)
            << std::flush;
}

}  // namespace

void add_report_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "report",
      "Writes one HTML page about runs, to look at in any browser and to send: curves, accuracy by tolerance and "
      "class,\n"
      "test sets side by side, predictions, configuration and what failed. It needs no network and no other file.\n"
      "Runs may be in training.");
  const auto arguments = std::make_shared<ReportArguments>();
  command
      ->add_option("inputs", arguments->inputs,
                   "runs, folders of runs such as that of a sweep, predictions (predictions.jsonl) and files with the "
                   "output of `matseq analyze --json`")
      ->required();
  command->add_option("-o,--output", arguments->output, "the page (default: report.html)");
  command->add_option("--title", arguments->title, "its title (default: the name of what it is about)");
  command->footer("Example: matseq report runs/first runs/second -o report.html");
  command->callback([arguments] { write_report(*arguments); });
}

}  // namespace matseq
