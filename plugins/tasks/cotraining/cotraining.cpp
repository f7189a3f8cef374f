// Several tasks learnt at once: each example is one of them, named by the first token of both sequences (spec section
// 1).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "matseq/error.h"
#include "matseq/matrix_sampler.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/symmetric_sampler.h"
#include "matseq/task.h"

namespace matseq {
namespace {

struct Letter {
  char code;
  const char* task;
};

/// The reference's letters.
constexpr std::array<Letter, 7> letters = {{
    {'T', "transpose"},
    {'A', "matrix_sum"},
    {'D', "matrix_vector"},
    {'M', "matrix_product"},
    {'E', "eigenvalues"},
    {'F', "eigenvectors"},
    {'I', "invert_matrix"},
}};

constexpr const char* all_letters = "TADMEFI";

/// The parameters that may stand in the table itself, for every component that has them: all of the seven tasks'.
ParameterSchema shared_schema() {
  ParameterSchema shared;
  ParameterSchema fragments = MatrixSampler::schema(MatrixSampler::Shape::rectangular);
  std::ranges::move(SymmetricSampler::schema(), std::back_inserter(fragments));
  fragments.push_back(classic_eval_parameter());
  for (const Parameter& parameter : fragments) {
    if (std::ranges::find(shared, parameter.name, &Parameter::name) != shared.end()) continue;
    Parameter optional = parameter.optional();
    optional.doc = "for every component that has it: " + parameter.doc;
    shared.push_back(std::move(optional));
  }
  return shared;
}

std::string default_code(const std::string& plugin) {
  const auto* const known = std::ranges::find_if(letters, [&](const Letter& letter) { return plugin == letter.task; });
  return known == letters.end() ? plugin : std::string(1, known->code);
}

/// What the user asks of one component: the task plugin and its own parameters.
struct Wish {
  std::string plugin;
  std::string code;
  double weight = 1;
  ParameterTable table;
};

/// Takes an entry of its own out of a component's table; what is left are the task's parameters.
std::optional<ParameterTable::Entry> take(ParameterTable& table, const std::string& name) {
  const auto found = table.entries.find(name);
  if (found == table.entries.end()) return std::nullopt;
  ParameterTable::Entry entry = std::move(found->second);
  table.entries.erase(found);
  return entry;
}

std::optional<std::string> take_text(ParameterTable& table, const std::string& name) {
  const auto entry = take(table, name);
  if (!entry) return std::nullopt;
  const auto* text = std::get_if<std::string>(&entry->value);
  if (text == nullptr) throw Error(fmt::format("{}: a component's '{}' must be a string", entry->where, name));
  return *text;
}

double take_weight(ParameterTable& table) {
  const auto entry = take(table, "weight");
  if (!entry) return 1;
  double weight = 0;
  if (const auto* real = std::get_if<double>(&entry->value)) weight = *real;
  if (const auto* integer = std::get_if<std::int64_t>(&entry->value)) weight = static_cast<double>(*integer);
  constexpr double largest_weight = 1e12;  // so that their sum is exact enough
  if (!(weight > 0) || weight > largest_weight) {
    throw Error(
        fmt::format("{}: a component's 'weight' must be a number above 0, at most {}", entry->where, largest_weight));
  }
  return weight;
}

void require_code(const std::string& code, const std::string& where) {
  const bool clean = std::ranges::all_of(code, [](char c) { return c > ' ' && c < '\x7f'; });
  if (code.empty() || !clean || code.front() == '<') {
    throw Error(
        fmt::format("{}: '{}' cannot be a component's 'code'; accepted is a token of printable ASCII characters "
                    "without blanks that does not begin with '<'",
                    where, code));
  }
}

std::vector<Wish> wishes_of_letters(const std::string& text, const std::string& where) {
  std::vector<Wish> wishes;
  for (const char code : text) {
    const auto* const known = std::ranges::find(letters, code, &Letter::code);
    if (known == letters.end()) {
      throw Error(
          fmt::format("{}: '{}' in 'cotraining_tasks' is no task; accepted are T transpose, A matrix_sum, "
                      "D matrix_vector, M matrix_product, E eigenvalues, F eigenvectors, I invert_matrix",
                      where, code));
    }
    Wish wish{.plugin = known->task, .code = std::string(1, code), .weight = 1, .table = {}};
    wish.table.where = where;
    wishes.push_back(std::move(wish));
  }
  if (wishes.empty()) throw Error(fmt::format("{}: 'cotraining_tasks' is empty; \"{}\" is all", where, all_letters));
  return wishes;
}

std::vector<Wish> wishes_of_tables(const std::vector<ParameterTable>& tables, const std::string& where) {
  std::vector<Wish> wishes;
  for (const ParameterTable& table : tables) {
    Wish wish;
    wish.table = table;
    const auto plugin = take_text(wish.table, "plugin");
    if (!plugin) throw Error(fmt::format("{}: a component needs a 'plugin', the name of its task", table.where));
    wish.plugin = *plugin;
    wish.weight = take_weight(wish.table);
    wish.code = take_text(wish.table, "code").value_or(default_code(wish.plugin));
    require_code(wish.code, table.where);
    wishes.push_back(std::move(wish));
  }
  if (wishes.empty()) throw Error(fmt::format("{}: 'components' is empty; at least one is needed", where));
  return wishes;
}

std::vector<Wish> wishes_of(const Parameters& parameters) {
  const ParameterTable& table = parameters.table();
  const auto place = [&](const char* name) {
    const auto entry = table.entries.find(name);
    return entry == table.entries.end() ? table.where : entry->second.where;
  };
  const bool by_letters = parameters.has("cotraining_tasks");
  if (!parameters.has("components")) {
    return wishes_of_letters(by_letters ? parameters.text("cotraining_tasks") : all_letters, place("cotraining_tasks"));
  }
  if (by_letters) {
    throw Error(fmt::format("{}: 'components' and 'cotraining_tasks' cannot both be given", place("components")));
  }
  return wishes_of_tables(parameters.tables("components"), place("components"));
}

class Cotraining : public Task {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = {
        Parameter::text("cotraining_tasks", all_letters,
                        "components by letter, drawn uniformly: T transpose, A matrix_sum, D matrix_vector, "
                        "M matrix_product, E eigenvalues, F eigenvectors, I invert_matrix; unset: all")
            .optional(),
        Parameter::tables("components",
                          "components as tables: 'plugin', its parameters, optional 'weight' (1) and 'code' (a token)"),
    };
    std::ranges::move(shared_schema(), std::back_inserter(schema));
    return schema;
  }

  Cotraining(const Parameters& parameters, PluginHost& host) {
    std::vector<Wish> wishes = wishes_of(parameters);
    share_parameters(parameters, host, wishes);
    for (const Wish& wish : wishes) add(wish, host);
    for (double& bound : bounds_) bound /= bounds_.back();
  }

  bool draw(RandomStream& random, Example& example) const override {
    const auto chosen = std::ranges::upper_bound(bounds_, random.unit());
    const Component& component = components_[static_cast<std::size_t>(chosen - bounds_.begin())];
    const bool drawn = component.task->draw(random, example);
    example.code = component.code;
    return drawn;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return component_of(truth).task->score(truth, hypothesis, coeff_tolerance);
  }

  bool answer(Example& example) const override { return component_of(example).task->answer(example); }

  /// Of several components of a code it suffices that one draws such inputs.
  std::vector<std::string> unfamiliar(const Example& example) const override {
    std::vector<std::string> differences = component_of(example).task->unfamiliar(example);
    for (const Component& component : components_) {
      if (differences.empty()) break;
      if (component.code == example.code) differences = component.task->unfamiliar(example);
    }
    return differences;
  }

  std::vector<std::string> codes() const override { return codes_; }

  std::string category(const Example& example) const override { return component_of(example).plugin; }

 private:
  struct Component {
    std::string plugin;
    int code = Example::no_code;
    std::unique_ptr<Task> task;
  };

  /// Copies what the table itself says to the components that know it; their own tables go first.
  static void share_parameters(const Parameters& parameters, PluginHost& host, std::vector<Wish>& wishes) {
    for (const Parameter& shared : shared_schema()) {
      const auto entry = parameters.table().entries.find(shared.name);
      if (entry == parameters.table().entries.end()) continue;
      bool taken = false;
      for (Wish& wish : wishes) {
        const ParameterSchema& schema = host.schema(PluginKind::task, wish.plugin);
        if (std::ranges::find(schema, shared.name, &Parameter::name) == schema.end()) continue;
        wish.table.entries.insert(*entry);
        taken = true;
      }
      // A test set of some components inherits what the training task says for all.
      if (!taken && !entry->second.inherited) {
        throw Error(fmt::format("{}: no component has a '{}'", entry->second.where, shared.name));
      }
    }
  }

  void add(const Wish& wish, PluginHost& host) {
    Component component;
    component.plugin = wish.plugin;
    component.code = code_index(wish);
    component.task = make_component(wish, host);
    components_.push_back(std::move(component));
    bounds_.push_back((bounds_.empty() ? 0 : bounds_.back()) + wish.weight);
  }

  /// A component's table has keys that its task knows nothing of, which a message must not forget.
  static void check_keys(const Wish& wish, PluginHost& host) {
    std::vector<std::string> names = {"plugin", "weight", "code"};
    for (const Parameter& parameter : host.schema(PluginKind::task, wish.plugin)) names.push_back(parameter.name);
    for (const auto& [key, entry] : wish.table.entries) {
      if (std::ranges::find(names, key) != names.end()) continue;
      const std::string hint = nearest_name(key, names);
      throw Error(fmt::format("{}: unknown key '{}' for a component of the task '{}'{} Known keys: {}", entry.where,
                              printable(wish.table.prefix + "." + key), wish.plugin, hint.empty() ? "." : hint,
                              quoted_list(names)));
    }
  }

  static std::unique_ptr<Task> make_component(const Wish& wish, PluginHost& host) {
    check_keys(wish, host);
    // Cotraining itself is recognised before it can make components of components of components.
    std::unique_ptr<Task> task = wish.plugin == "cotraining" ? nullptr : host.make_task(wish.plugin, wish.table);
    if (task == nullptr || !task->codes().empty()) {
      throw Error(
          fmt::format("{}: '{}' cannot be a component: its examples begin with codes of their own; name its "
                      "components here instead",
                      wish.table.where, wish.plugin));
    }
    return task;
  }

  /// A code may stand for several components of one task, differently drawn, but not for two tasks.
  int code_index(const Wish& wish) {
    const auto known = std::ranges::find(codes_, wish.code);
    const auto code = static_cast<int>(known - codes_.begin());
    if (known == codes_.end()) {
      codes_.push_back(wish.code);
      return code;
    }
    const auto same = std::ranges::find(components_, code, &Component::code);
    if (same->plugin != wish.plugin) {
      throw Error(fmt::format("{}: the code '{}' stands for both '{}' and '{}'; give one of them another 'code'",
                              wish.table.where, wish.code, same->plugin, wish.plugin));
    }
    return code;
  }

  const Component& component_of(const Example& example) const {
    const auto found = std::ranges::find(components_, example.code, &Component::code);
    if (found == components_.end()) {
      throw Error(fmt::format("an example of cotraining needs the code of one of its tasks; {} is none", example.code));
    }
    return *found;
  }

  std::vector<std::string> codes_;
  std::vector<Component> components_;
  std::vector<double> bounds_;  ///< component i is drawn below bounds_[i], which rise to 1
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Cotraining, "cotraining", "1.0.0", "Several tasks at once, each named by its first token")
