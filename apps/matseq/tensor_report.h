/// \file
/// What `matseq doctor` says of LibTorch.
#pragma once

#include <functional>
#include <string>

/// Calls `say` with name and value of what there is to know. `context` is handed on. In the library of commands with
/// tensors; found by its name.
extern "C" __attribute__((visibility("default"))) void matseq_report_tensors(
    void (*say)(void* context, const char* name, const char* value), void* context);

namespace matseq {

/// Loads that library and asks it. Throws Error when it cannot be loaded.
void report_tensors(const std::function<void(const std::string& name, const std::string& value)>& say);

}  // namespace matseq
