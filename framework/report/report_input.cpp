#include "report/report_input.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "analysis/analysis_report.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "run/run_list.h"
#include "tokens/json_text.h"

namespace fs = std::filesystem;

namespace matseq {
namespace {

constexpr std::size_t most_predictions = 6;  ///< right ones and wrong ones of a run

/// The tolerances of `matseq analyze`.
const std::vector<double>& usual_tolerances() {
  static const std::vector<double> tolerances = {0.05, 0.02, 0.01, 0.005};
  return tolerances;
}

/// Whether the first line is one of predictions. No analysis has these keys.
bool is_of_predictions(const fs::path& file) {
  constexpr std::size_t enough = 1 << 16;
  std::ifstream stream(file, std::ios::binary);
  std::string beginning(enough, '\0');
  stream.read(beginning.data(), static_cast<std::streamsize>(enough));
  const std::string_view text = std::string_view(beginning).substr(0, static_cast<std::size_t>(stream.gcount()));
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.find("\"source\"") != line.npos || line.find("\"hypotheses\"") != line.npos;
}

ReportedAnalysis analysis_of_predictions(const fs::path& file, const NamedTask& make_task) {
  FailureAnalysis analysis(make_task);
  read_predictions(file, [&](const PredictedExample& example) { analysis.add(example); });
  return {file.string(), to_json(report(analysis, usual_tolerances())),
          sample_predictions(file, usual_tolerances().front(), most_predictions)};
}

ReportedAnalysis read_analysis(const fs::path& file, const NamedTask& make_task) {
  constexpr std::uint64_t longest = 1U << 26U;
  const FileDescriptor descriptor(file, O_RDONLY);
  if (is_of_predictions(file)) return analysis_of_predictions(file, make_task);
  try {
    if (descriptor.size() > longest) throw Error("it is too long");
    const nlohmann::json figures = parse_json_object(descriptor.content());
    if (!json_member(figures, "groups").is_array()) throw Error("'groups' is no list");
    return {file.string(), figures, std::nullopt};
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw Error(
        fmt::format("'{}' is neither a run, nor predictions (`matseq eval --verbose 1` writes them), nor the output "
                    "of `matseq analyze --json`: {}",
                    file.string(), error.what()));
  }
}

std::string title_of(const std::vector<std::string>& names, const Report& report) {
  if (names.size() == 1) {
    const fs::path whole = fs::absolute(fs::path(names[0]) / "").lexically_normal().parent_path();
    return whole.filename().string();
  }
  if (report.runs.size() == 1 && report.analyses.empty()) return report.runs[0].name;
  std::string title;
  if (!report.runs.empty()) title = fmt::format("{} runs", report.runs.size());
  if (report.analyses.empty()) return title;
  return title + fmt::format("{}{} analyses", title.empty() ? "" : ", ", report.analyses.size());
}

}  // namespace

Report read_report(const std::vector<std::string>& names, const NamedTask& make_task) {
  Report report;
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    if (fs::is_directory(name)) {
      folders.push_back(name);
    } else {
      report.analyses.push_back(read_analysis(name, make_task));
    }
  }
  for (const fs::path& folder : runs_in(folders)) report.runs.push_back(read_reported_run(folder, most_predictions));
  const auto says_something = [](const ReportedRun& run) { return run.record || !run.failure.empty(); };
  if (report.analyses.empty() && std::ranges::none_of(report.runs, says_something))
    throw Error(report.runs.at(0).refusal);
  name_apart(report.runs);
  report.title = title_of(names, report);
  return report;
}

}  // namespace matseq
