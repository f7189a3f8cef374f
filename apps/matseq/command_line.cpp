#include "command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blas_kernels.h"
#include "commands.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "plugins/plugin_loader.h"
#include "process_memory.h"
#include "standard_streams.h"
#include "tensor_library.h"
#include "thread_waiting.h"
#include "threads/stop_request.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

/// LibTorch's messages carry a stack trace behind the first line, which helps no user.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// A message line by line, whatever the text in it that came from files and names.
std::string clean(const std::string& text) {
  constexpr std::size_t longest_line = 4000;
  std::string lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += (begin == 0 ? "" : "\n") + printable(std::string_view(text).substr(begin, end - begin), longest_line);
    begin = end + 1;
  }
  return lines;
}

bool is_command(const CLI::App& app, const std::string& token) {
  const std::vector<const CLI::App*> commands =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == token; });
  return !commands.empty();
}

void add_light_commands(CLI::App& app) {
  add_experiment_commands(app);
  add_help_command(app);
  add_doctor_command(app);
  add_analysis_commands(app);
  add_data_command(app);
  add_launch_command(app);
  add_sweep_command(app);
  add_compare_command(app);
  add_show_command(app);
  add_report_command(app);
  add_plugin_commands(app);
  add_check_command(app);
  add_new_command(app);
  add_token_commands(app);
  add_inspect_encoding_command(app);
}

/// What `matseq --help` lists together.
void group_commands(CLI::App& app) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> groups = {
      {"Training and asking a model", {"train", "launch", "sweep", "eval", "predict"}},
      {"Looking at runs", {"show", "compare", "report", "analyze"}},
      {"Before training", {"data", "generate", "schedule", "inspect-encoding"}},
      {"Plugins", {"plugins", "new", "check"}},
      {"Tokens", {"encode", "decode", "vocabulary", "score"}},
      {"The reference system", {"import", "export", "convert-flags"}},
      {"Help", {"help", "doctor", "completion"}}};
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    for (const auto& [title, names] : groups) {
      if (std::ranges::find(names, command->get_name()) != names.end()) command->group(title);
    }
  }
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
  throw CLI::ParseError(fmt::format("there is no command '{}'{}", token, nearest_name(token, names)),
                        CLI::ExitCodes::ExtrasError);
}

/// CLI11 lists what it cannot use; this says which option may have been meant. Empty when all options are known.
std::string unknown_option(const CLI::App& app, const std::vector<std::string>& tokens) {
  const std::vector<const CLI::App*> commands =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == tokens.front(); });
  if (commands.empty()) return "";
  std::vector<std::string> names;
  for (const CLI::Option* option : commands[0]->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const std::string& token : tokens) {
    const std::string name = token.substr(0, token.find('='));
    if (!name.starts_with("--") || std::ranges::find(names, name) != names.end()) continue;
    const std::string hint = nearest_name(name, names);
    return fmt::format("there is no option '{}'{} Options of {}: {}", name, hint.empty() ? "." : hint, tokens.front(),
                       quoted_list(names));
  }
  return "";
}

std::string text_of(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& tokens) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError) || tokens.empty()) return error.what();
  const std::string text = unknown_option(app, tokens);
  return text.empty() ? error.what() : text;
}

int run_command(int count, char** arguments) {
  CLI::App app(
      "matseq trains transformers to do linear algebra.\n"
      "An experiment is a TOML file; tasks, encodings, models, optimizers and schedules are plugins that it names.\n"
      "Begin with: matseq train configs/quickstart.toml",
      "matseq");
  app.footer("matseq COMMAND --help explains a command, matseq help the settings, matseq plugins NAME a plugin.");
  app.set_version_flag("--version", "matseq " MATSEQ_VERSION);
  app.require_subcommand(1);
  if (needs_tensors(count, arguments)) {
    if (count > 1 && arguments[1][0] != '-') await_stop_signals();  // LibTorch starts threads when it is loaded
    add_tensor_commands(app);
  }
  add_light_commands(app);
  add_completion_command(app);
  group_commands(app);
  try {
    if (count > 1) {
      check_command(app, arguments[1]);
      for (const std::string& warning : plugin_path_warnings()) std::cerr << "matseq: " << warning << "\n";
    }
    app.parse(count, arguments);
    return 0;
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();  // a command that said all there is to say
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "matseq: " << clean(text_of(app, error, {arguments + 1, arguments + count}))
              << "\nTry: matseq --help, or matseq COMMAND --help\n";
    return 2;
  }
}

}  // namespace

int run_command_line(int count, char** arguments) {
  open_standard_streams();
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  choose_blas_kernels();
  keep_freed_memory();
  let_idle_threads_sleep();
  try {
    const int status = run_command(count, arguments);
    check_standard_output();
    return status;
  } catch (const Stopped&) {
    return status_of_signals + stop_signal();
  } catch (const Error& error) {
    std::cerr << "matseq: " << clean(error.what()) << "\n";
  } catch (const std::bad_alloc&) {
    std::cerr << "matseq: out of memory; smaller batches or models need less\n";
  } catch (const std::exception& error) {
    std::cerr << "matseq: " << clean(first_line(error.what())) << "\n";
  } catch (...) {
    std::cerr << "matseq: an exception of unknown type ended the program\n";
  }
  return 1;
}

}  // namespace matseq
