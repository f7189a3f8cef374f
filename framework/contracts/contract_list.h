/// \file
/// Checks of a plugin, run one by one.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "matseq/error.h"
#include "matseq/testing.h"

namespace matseq {

/// Ends the check that calls it: what was found and what is right.
template <typename... Arguments>
[[noreturn]] void broken(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  throw Error(fmt::format(text, std::forward<Arguments>(arguments)...));
}

/// What all checks so far have found.
class ContractList {
 public:
  /// Runs a check: `action` returns what it looked at; whatever it throws is what breaks the contract. Returns whether
  /// it passed.
  template <typename Action>
  bool check(const std::string& name, const Action& action) {
    try {
      checks_.push_back({name, true, action()});
    } catch (const std::exception& failure) {
      checks_.push_back({name, false, failure.what()});
    }
    return checks_.back().passed;
  }

  std::vector<testing::ContractCheck> take() { return std::move(checks_); }

 private:
  std::vector<testing::ContractCheck> checks_;
};

}  // namespace matseq
