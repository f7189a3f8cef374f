#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace {

/// LibTorch's messages carry a stack trace behind the first line, which helps no user.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// CLI11 says only that some command is required; this says which one may have been meant.
void check_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  if (word.starts_with('-') || std::ranges::find(names, word) != names.end()) return;
  throw CLI::ParseError(fmt::format("there is no command '{}'{}", word, matseq::nearest_name(word, names)),
                        CLI::ExitCodes::ExtrasError);
}

int run(int count, char** arguments) {
  CLI::App app(
      "matseq trains transformers to do linear algebra.\n"
      "An experiment is a TOML file; tasks, encodings, models, optimizers and schedules are plugins that it names.\n"
      "Begin with: matseq train configs/quickstart.toml",
      "matseq");
  app.set_version_flag("--version", "matseq " MATSEQ_VERSION);
  app.require_subcommand(1);
  matseq::add_training_commands(app);
  matseq::add_evaluation_commands(app);
  matseq::add_reference_commands(app);
  matseq::add_experiment_commands(app);
  matseq::add_plugin_commands(app);
  matseq::add_token_commands(app);
  try {
    if (count > 1) check_command(app, arguments[1]);
    app.parse(count, arguments);
    return 0;
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();  // a command that said all there is to say
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "matseq: " << error.what() << "\nTry: matseq --help, or matseq COMMAND --help\n";
    return 2;
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  try {
    return run(count, arguments);
  } catch (const matseq::Error& error) {
    fmt::print(stderr, "matseq: {}\n", error.what());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "matseq: out of memory; smaller batches or models need less\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "matseq: {}\n", first_line(error.what()));
  } catch (...) {
    fmt::print(stderr, "matseq: an exception of unknown type ended the program\n");
  }
  return 1;
}
