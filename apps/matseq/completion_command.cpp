#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"

namespace matseq {
namespace {

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// "--run --set": all options of a command that have a long name.
std::string options_of(const CLI::App& command) {
  std::string names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names += (names.empty() ? "--" : " --") + name;
  }
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Cases of a shell's `case`: "    train) options=\"--run --set\" ;;".
std::string cases(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    text += fmt::format("    {}) options=\"{}\" ;;\n", command->get_name(), options_of(*command));
  }
  return text;
}

std::string bash(const CLI::App& app) {
  return fmt::format(
      R"(# matseq's completion for bash: matseq completion bash > ~/.local/share/bash-completion/completions/matseq
_matseq() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} options=""
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$word"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _matseq matseq
)",
      joined(names_of_commands(app)), cases(app));
}

std::string zsh(const CLI::App& app) {
  return fmt::format(
      R"(#compdef matseq
# matseq's completion for zsh: matseq completion zsh > a folder of $fpath/_matseq
_matseq() {{
  local options=""
  if (( CURRENT == 2 )); then
    compadd -- {} --help --version
    return
  fi
  case $words[2] in
{}  esac
  if [[ $words[CURRENT] == -* ]]; then
    compadd -- ${{=options}}
  else
    _files
  fi
}}
_matseq "$@"
)",
      joined(names_of_commands(app)), cases(app));
}

std::string fish(const CLI::App& app) {
  std::string text =
      "# matseq's completion for fish: matseq completion fish > ~/.config/fish/completions/matseq.fish\n";
  const std::string all = joined(names_of_commands(app));
  text += fmt::format("complete -c matseq -n __fish_use_subcommand -f -a '{}'\n", all);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        text +=
            fmt::format("complete -c matseq -n '__fish_seen_subcommand_from {}' -l {}\n", command->get_name(), name);
      }
    }
  }
  return text;
}

}  // namespace

void add_completion_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("completion", "Prints a script by which a shell completes matseq's commands and options");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: matseq completion bash > ~/.local/share/bash-completion/completions/matseq");
  command->callback([shell, &app] {
    std::cout << (*shell == "bash" ? bash(app) : *shell == "zsh" ? zsh(app) : fish(app)) << std::flush;
  });
}

}  // namespace matseq
