/// \file
/// Where an object of a plugin came from, for what is said about it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace matseq {

/// The plugin whose code runs. Whatever that code throws becomes one Error that names it.
struct PluginOrigin {
  std::filesystem::path file;
  std::string title;  ///< "task 'eigenvalues'"

  /// Throws Error: "plugin FILE: TITLE WHAT". For what no user can mend but by mending the plugin.
  [[noreturn]] void refuse(const std::string& what) const;

  /// Runs code of the plugin. `function` is how messages call it: "draw()".
  template <typename Action>
  decltype(auto) call(const char* function, Action&& action) const {
    try {
      return std::forward<Action>(action)();
    } catch (...) {
      rethrow(function);
    }
  }

 private:
  /// Throws what is being handled as an Error: one of the plugin's own with its title, anything else in one line with
  /// the file, too.
  [[noreturn]] void rethrow(const char* function) const;
};

}  // namespace matseq
