#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "process_memory.h"
#include "tensor_library.h"
#include "thread_waiting.h"

namespace {

/// LibTorch's messages carry a stack trace behind the first line, which helps no user.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool is_command(const CLI::App& app, const std::string& token) {
  const std::vector<const CLI::App*> commands =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == token; });
  return !commands.empty();
}

void add_light_commands(CLI::App& app) {
  matseq::add_experiment_commands(app);
  matseq::add_analysis_commands(app);
  matseq::add_plugin_commands(app);
  matseq::add_token_commands(app);
}

/// LibTorch is loaded only for what needs it, and for help that lists everything.
bool needs_tensors(int count, char** arguments) {
  CLI::App light;
  add_light_commands(light);
  return count < 2 || !is_command(light, arguments[1]);
}

/// CLI11 says only that some command is required; this says which one may have been meant.
void check_command(const CLI::App& app, const std::string& token) {
  if (token.starts_with('-') || is_command(app, token)) return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  throw CLI::ParseError(fmt::format("there is no command '{}'{}", token, matseq::nearest_name(token, names)),
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
  if (needs_tensors(count, arguments)) matseq::add_tensor_commands(app);
  add_light_commands(app);
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
  matseq::keep_freed_memory();
  matseq::let_idle_threads_sleep();
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
