#include "score_command.h"

#include <fmt/format.h>

#include <istream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "matseq/error.h"
#include "tokens/json_text.h"
#include "tokens/line_streams.h"
#include "tokens/matrix_json.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

constexpr double default_coeff_tolerance = 0.01;

/// One line, read.
struct Request {
  std::string task;
  bool classic_eval = false;
  double coeff_tolerance = default_coeff_tolerance;
  Example truth;
  std::optional<Matrix> hypothesis;
};

std::string task_name(const Json& line) {
  const auto operation = line.find("operation");
  const Json& name = operation != line.end() && !line.contains("task") ? *operation : json_member(line, "task");
  if (!name.is_string()) throw Error("'task' must be the name of a task");
  return name.get<std::string>();
}

void read_request(std::string_view text, Request& request) {
  const Json line = parse_json_object(text);
  request.task = task_name(line);
  const auto classic_eval = line.find("classic_eval");
  if (classic_eval != line.end() && !classic_eval->is_boolean()) throw Error("'classic_eval' must be true or false");
  request.classic_eval = classic_eval != line.end() && classic_eval->get<bool>();
  const auto given = line.find("coeff_tolerance");
  const std::optional<double> tolerance = given == line.end() ? default_coeff_tolerance : number_from_json(*given);
  if (!tolerance) throw Error("'coeff_tolerance' must be a number, or a text that is one");
  request.coeff_tolerance = *tolerance;
  request.truth.source = matrix_named(json_member(line, "source"), "source");
  request.truth.target = matrix_named(json_member(line, "target"), "target");
  request.hypothesis = matrix_member(line, "hypothesis");
}

/// Tasks by name and way of scoring, made once each.
class Tasks {
 public:
  explicit Tasks(const TaskMaker& make_task) : make_task_(make_task) {}

  const Task& get(const std::string& name, bool classic_eval) {
    std::unique_ptr<Task>& task = tasks_[{name, classic_eval}];
    if (task == nullptr) task = make(name, classic_eval);
    return *task;
  }

 private:
  std::unique_ptr<Task> make(const std::string& name, bool classic_eval) const {
    ParameterTable table;
    table.where = "score";
    table.prefix = "task";
    if (classic_eval) table.set("classic_eval", true);
    std::unique_ptr<Task> task = make_task_(name, table);
    if (!task->codes().empty()) {
      throw Error(fmt::format("'{}' is several tasks; give the name of the one that the example is of", name));
    }
    return task;
  }

  const TaskMaker& make_task_;
  std::map<std::pair<std::string, bool>, std::unique_ptr<Task>> tasks_;
};

void append_score(const Score& score, std::string& text) {
  const std::pair<const char*, double> figures[] = {
      {"max", score.max}, {"d1", score.d1}, {"d2", score.d2}, {"nb", score.share}};
  const char* separator = "{";
  for (const auto& [name, value] : figures) {
    fmt::format_to(std::back_inserter(text), "{}\"{}\": ", separator, name);
    if (score.valid) {
      append_json(value, text);
    } else {
      text += "null";
    }
    separator = ", ";
  }
  text += '}';
}

}  // namespace

std::uint64_t score_lines(std::istream& in, std::ostream& out, const TaskMaker& make_task) {
  Tasks tasks(make_task);
  Request request;
  const auto answer = [&](std::string_view line, std::string& text) {
    read_request(line, request);
    const Task& task = tasks.get(request.task, request.classic_eval);
    append_score(request.hypothesis ? task.score(request.truth, *request.hypothesis, request.coeff_tolerance) : Score{},
                 text);
  };
  return answer_lines(in, out, answer, EmptyLines::passed_over);
}

}  // namespace matseq
