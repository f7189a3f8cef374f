#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "run/run_list.h"
#include "run_summary.h"

namespace matseq {
namespace {

struct ShowArguments {
  std::vector<std::string> runs;
  bool json = false;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Whether the locale writes UTF-8, as its variables say in their order of precedence.
bool writes_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = variable(name);
    if (locale.empty()) continue;
    std::ranges::transform(locale, locale.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

void show(const ShowArguments& arguments) {
  std::vector<ReportedRun> runs;
  for (const std::filesystem::path& folder : runs_in(arguments.runs)) runs.push_back(read_reported_run(folder, 0));
  if (runs.size() == 1 && !runs[0].record && runs[0].failure.empty()) throw Error(runs[0].refusal);
  name_apart(runs);
  const SummaryStyle style{!writes_utf8(), ::isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").empty()};
  nlohmann::ordered_json json = {{"runs", nlohmann::ordered_json::array()}};
  for (const ReportedRun& run : runs) {
    if (arguments.json) {
      json["runs"].push_back(run_summary_json(run));
    } else {
      std::cout << (&run == runs.data() ? "" : "\n") << run_summary(run, style);
    }
  }
  if (arguments.json) {
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  std::cout.flush();
}

}  // namespace

void add_show_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("show",
                                         "Shows runs in the terminal: where they stand, how long they take, loss and "
                                         "accuracy as small curves, and the last\n"
                                         "evaluation. They may be in training.");
  const auto arguments = std::make_shared<ShowArguments>();
  command->add_option("runs", arguments->runs, "runs, or folders of runs such as that of a sweep")->required();
  command->add_flag("--json", arguments->json, "print JSON instead of text");
  command->footer("Example: matseq show runs/first");
  command->callback([arguments] { show(*arguments); });
}

}  // namespace matseq
