/// \file
/// Which settings of a run may change when it is continued.
#pragma once

#include <string>

namespace matseq {

/// What keeps a run with the resolved configuration `existing` from being continued under `wanted`: empty when nothing
/// does. How long, where and how often it trains, logs, saves and evaluates may differ, and where its data file lies
/// (that it is the same is seen by its content). Everything else may not, in neither direction: a table or key that
/// only one of the two has is a difference, too.
std::string continuation_conflict(const std::string& existing, const std::string& wanted);

}  // namespace matseq
