#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "plugins/plugin_loader.h"
#include "tensor_report.h"
#include "threads/available_processors.h"

namespace matseq {
namespace {

/// What there is to say, in order, and what is wrong.
struct Diagnosis {
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> problems;

  /// Lists of plugins may be long.
  void tell(const std::string& name, const std::string& value) { facts.emplace_back(name, printable(value, 10000)); }
};

std::string first_value(const char* file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find_first_of(":=");
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t\""));
    return value.substr(0, value.find_last_not_of(" \"") + 1);
  }
  return "";
}

/// Of those that matter here, what the processor has.
std::string instruction_sets() {
  const std::string flags = " " + first_value("/proc/cpuinfo", "flags") + " ";
  std::string found;
  for (const char* name : {"sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"}) {
    if (flags.find(fmt::format(" {} ", name)) != std::string::npos)
      found += (found.empty() ? "" : " ") + std::string(name);
  }
  return found.empty() ? "unknown" : found;
}

void report_machine(Diagnosis& diagnosis) {
  diagnosis.tell("system", first_value("/etc/os-release", "PRETTY_NAME"));
  diagnosis.tell("processor", first_value("/proc/cpuinfo", "model name"));
  diagnosis.tell("instruction sets", instruction_sets());
  diagnosis.tell("processors to use", std::to_string(available_processors()));
  diagnosis.tell("memory", first_value("/proc/meminfo", "MemTotal"));
}

void report_tensors_or_why_not(Diagnosis& diagnosis) {
  try {
    report_tensors([&](const std::string& name, const std::string& value) {
      diagnosis.tell(name, value);
      if (name == "kernels of OpenBLAS" && value == "Prescott" &&
          instruction_sets().find("avx2") != std::string::npos) {
        diagnosis.problems.emplace_back(
            "OpenBLAS uses kernels for processors of 2004, which are several times slower: set OPENBLAS_CORETYPE to "
            "Haswell, or to SkylakeX where there is AVX-512");
      }
      if (name == "BLAS" && value.find("/blas/libblas") != std::string::npos) {
        diagnosis.problems.emplace_back("this is the reference BLAS, which is many times slower: install libopenblas0");
      }
    });
  } catch (const Error& error) {
    diagnosis.problems.emplace_back(error.what());
  }
}

void report_plugins(Diagnosis& diagnosis) {
  PluginLoader loader;
  for (const std::string& warning : plugin_path_warnings()) diagnosis.problems.push_back(warning);
  for (const std::filesystem::path& folder : loader.search_path()) diagnosis.tell("plugin folder", folder.string());
  const PluginLoader::Inventory inventory = loader.inventory();
  for (const PluginKind kind :
       {PluginKind::task, PluginKind::encoder, PluginKind::model, PluginKind::optimizer, PluginKind::schedule}) {
    std::string names;
    for (const PluginLibrary& plugin : inventory.plugins) {
      if (plugin.kind == kind) names += (names.empty() ? "" : " ") + plugin.name;
    }
    diagnosis.tell(fmt::format("plugins: {}", to_string(kind)), names.empty() ? "none" : names);
    if (names.empty()) diagnosis.problems.push_back(fmt::format("there is no plugin of the kind {}", to_string(kind)));
  }
  diagnosis.problems.insert(diagnosis.problems.end(), inventory.failures.begin(), inventory.failures.end());
}

void report_folders(Diagnosis& diagnosis) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  for (const std::filesystem::path& folder : {here, here / "runs"}) {
    if (!std::filesystem::exists(folder, error)) continue;
    const bool writable = ::access(folder.c_str(), W_OK) == 0;
    diagnosis.tell("folder " + folder.string(), writable ? "writable" : "not writable");
    if (!writable) diagnosis.problems.push_back("'" + folder.string() + "' is not writable: name another with --run");
  }
}

void print(const Diagnosis& diagnosis) {
  for (const auto& [name, value] : diagnosis.facts) std::cout << fmt::format("{:<28}{}\n", name, value);
  for (const std::string& problem : diagnosis.problems) std::cout << "problem: " << printable(problem) << "\n";
  if (diagnosis.problems.empty()) std::cout << "no problem found\n";
}

void print_json(const Diagnosis& diagnosis) {
  nlohmann::ordered_json facts = nlohmann::ordered_json::array();
  for (const auto& [name, value] : diagnosis.facts) facts.push_back({{"name", name}, {"value", value}});
  const nlohmann::ordered_json report = {{"facts", facts}, {"problems", diagnosis.problems}};
  std::cout << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

void add_doctor_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Says what matseq finds on this machine, for bug reports: LibTorch and its BLAS, devices, instruction sets,\n"
      "plugins, writable folders. The exit status is 1 when something is wrong.");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print JSON instead of text");
  command->footer("Example: matseq doctor > report.txt");
  command->callback([json] {
    Diagnosis diagnosis;
    diagnosis.tell("matseq", MATSEQ_VERSION);
    report_machine(diagnosis);
    report_tensors_or_why_not(diagnosis);
    report_plugins(diagnosis);
    report_folders(diagnosis);
    *json ? print_json(diagnosis) : print(diagnosis);
    std::cout.flush();
    if (!diagnosis.problems.empty()) throw CLI::RuntimeError(1);
  });
}

}  // namespace matseq
