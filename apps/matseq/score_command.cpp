#include "score_command.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "matseq/error.h"

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
  Matrix hypothesis;
  bool has_hypothesis = false;
};

double number_in(const Json& json, const char* key) {
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc() && end == text.data() + text.size() && !text.empty()) return value;
  }
  throw Error(fmt::format("'{}' must hold numbers, or texts that are numbers", key));
}

const Json& member(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end()) throw Error(fmt::format("'{}' is missing", key));
  return *found;
}

void read_matrix(const Json& line, const char* key, Matrix& matrix) {
  const Json& rows = member(line, key);
  const bool is_matrix = rows.is_array() && !rows.empty() && rows.front().is_array() && !rows.front().empty();
  if (!is_matrix) throw Error(fmt::format("'{}' must be a matrix: a list of rows, which are lists of numbers", key));
  const std::size_t columns = rows.front().size();
  for (const Json& row : rows) {
    if (!row.is_array() || row.size() != columns) {
      throw Error(fmt::format("the rows of '{}' must be lists of one length", key));
    }
  }
  matrix.resize(rows.size(), columns);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      matrix(row, column) = number_in(rows[row][column], key);
    }
  }
}

std::string task_name(const Json& line) {
  const auto operation = line.find("operation");
  const Json& name = operation != line.end() && !line.contains("task") ? *operation : member(line, "task");
  if (!name.is_string()) throw Error("'task' must be the name of a task");
  return name.get<std::string>();
}

void read_request(const std::string& text, Request& request) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object()) throw Error("not a JSON object");
  request.task = task_name(line);
  const auto classic_eval = line.find("classic_eval");
  if (classic_eval != line.end() && !classic_eval->is_boolean()) throw Error("'classic_eval' must be true or false");
  request.classic_eval = classic_eval != line.end() && classic_eval->get<bool>();
  const auto tolerance = line.find("coeff_tolerance");
  request.coeff_tolerance =
      tolerance == line.end() ? default_coeff_tolerance : number_in(*tolerance, "coeff_tolerance");
  read_matrix(line, "source", request.truth.source);
  read_matrix(line, "target", request.truth.target);
  request.has_hypothesis = !member(line, "hypothesis").is_null();
  if (request.has_hypothesis) read_matrix(line, "hypothesis", request.hypothesis);
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

/// JSON has no numbers that are not finite.
std::string number_text(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : fmt::format("\"{}\"", value);
}

void write_score(const Score& score, std::ostream& out) {
  if (score.valid) {
    out << fmt::format("{{\"max\": {}, \"d1\": {}, \"d2\": {}, \"nb\": {}}}\n", number_text(score.max),
                       number_text(score.d1), number_text(score.d2), number_text(score.share));
  } else {
    out << "{\"max\": null, \"d1\": null, \"d2\": null, \"nb\": null}\n";
  }
}

}  // namespace

std::uint64_t score_lines(std::istream& in, std::ostream& out, const TaskMaker& make_task) {
  Tasks tasks(make_task);
  Request request;
  std::string text;
  std::uint64_t scored = 0;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      read_request(text, request);
      const Task& task = tasks.get(request.task, request.classic_eval);
      const Score score =
          request.has_hypothesis ? task.score(request.truth, request.hypothesis, request.coeff_tolerance) : Score{};
      write_score(score, out);
    } catch (const Error& error) {
      throw Error(fmt::format("line {}: {}", number, error.what()));
    }
    ++scored;
  }
  if (in.bad()) throw Error("the input cannot be read");
  return scored;
}

}  // namespace matseq
