// Matrices as JSON, one a line: an array of rows, or an object whose "source" is one.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "matseq/error.h"
#include "tokens/json_text.h"
#include "tokens/matrix_formats.h"
#include "tokens/matrix_json.h"

namespace matseq {
namespace {

std::string task_of(const nlohmann::json& object) {
  const auto task = object.find("task");
  if (task == object.end() || task->is_null()) return {};
  if (!task->is_string()) throw Error("'task' must be a string, the name of a task or its code");
  return task->get<std::string>();
}

class JsonReader : public MatrixReader {
 public:
  JsonReader(std::istream& input, const std::string& name) : lines_(input, name) {}

  bool next(ReadMatrix& read) override {
    std::string_view line;
    do {
      if (!lines_.next(line)) return false;
    } while (line.find_first_not_of(" \t") == line.npos);
    try {
      parse(line, read);
    } catch (const Error& error) {
      lines_.refuse(error.what());
    }
    read.place = lines_.place();
    require_readable_shape(read.matrix.rows(), read.matrix.columns(), read.place);
    return true;
  }

 private:
  static void parse(std::string_view line, ReadMatrix& read) {
    if (line.find_first_not_of(" \t") != line.find('{')) {
      read.matrix = parse_matrix(line);
      read.task.clear();
      return;
    }
    const nlohmann::json object = parse_json_object(line);
    read.matrix = matrix_named(json_member(object, "source"), "source");
    read.task = task_of(object);
  }

  TextLines lines_;
};

}  // namespace

std::unique_ptr<MatrixReader> make_json_reader(std::istream& input, const std::string& name) {
  return std::make_unique<JsonReader>(input, name);
}

}  // namespace matseq
