/// \file
/// A task whose codes are counted as another's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "matseq/task.h"

namespace matseq {

/// A task that draws, scores and sorts as `task` does, but with `codes`, in which its own occur: so that the test set
/// of one component is read and written as the whole's examples are. Throws Error when a code of the task is not among
/// `codes`, or when only one of both has any.
std::unique_ptr<const Task> with_codes(std::unique_ptr<const Task> task, const std::vector<std::string>& codes);

}  // namespace matseq
