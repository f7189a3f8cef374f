/// \file
/// Holds a plugin against its interface's contract, from its own tests: link `matseq::testing`.
#pragma once

#include <string>
#include <vector>

#include "matseq/export.h"

namespace matseq::testing {

/// What one check found.
struct ContractCheck {
  std::string name;  ///< "same draws for the same stream"
  bool passed = false;
  std::string finding;  ///< what breaks the contract and what is right; where nothing does, what was looked at
};

/// Every check of the plugin in the library `file`. `settings` are "key=value" as in its TOML table, where its defaults
/// will not do. LibTorch is loaded for optimizers and models only. Throws Error when the library is no plugin of this
/// matseq, or does not accept the settings. It takes a second or two.
MATSEQ_API std::vector<ContractCheck> check_plugin(const std::string& file,
                                                   const std::vector<std::string>& settings = {});

/// The checks that failed, one a line, "NAME: FINDING"; empty when the plugin keeps to its contract:
///
///     EXPECT_EQ(matseq::testing::broken_contracts("build/matseq_task_row_sums.so", {"max_dimension=7"}), "");
MATSEQ_API std::string broken_contracts(const std::string& file, const std::vector<std::string>& settings = {});

}  // namespace matseq::testing
