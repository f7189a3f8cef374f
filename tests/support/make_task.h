// Makes task plugins the way the framework does.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "matseq/error.h"
#include "matseq/random_stream.h"
#include "matseq/task.h"
#include "plugins/plugin_loader.h"

namespace matseq::test {

inline PluginLoader& plugins() {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  return loader;
}

inline ParameterTable table_of(std::initializer_list<std::pair<std::string, ParameterValue>> entries) {
  ParameterTable table;
  table.where = "test.toml:1";
  table.prefix = "task";
  for (const auto& [name, value] : entries) table.set(name, value);
  return table;
}

inline std::unique_ptr<Task> make_task(const std::string& plugin,
                                       std::initializer_list<std::pair<std::string, ParameterValue>> entries = {}) {
  return plugins().make_task(plugin, table_of(entries));
}

/// A task by name, with its defaults; null where there is none.
inline std::unique_ptr<const Task> make_named_task(const std::string& plugin) {
  try {
    return make_task(plugin);
  } catch (const Error&) {
    return nullptr;
  }
}

/// Example `number` of a task, redrawn until it is accepted.
inline Example draw_example(const Task& task, std::uint64_t number, std::uint64_t seed = 1) {
  RandomStream random(random_key(seed, "train"), number);
  Example example;
  while (!task.draw(random, example)) example.code = Example::no_code;
  return example;
}

}  // namespace matseq::test
