#include "plugins/plugin_origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

/// What the exception says, in one line. LibTorch's say where they were thrown, too, and by which calls: that is cut.
std::string said_by(const std::exception& failure) {
  std::string text = failure.what();
  for (const char* trace : {"\nException raised from ", "\nframe #"}) text = text.substr(0, text.find(trace));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text.empty() ? "it does not say why" : printable(text, 400);
}

}  // namespace

void PluginOrigin::refuse(const std::string& what) const {
  throw Error(fmt::format("plugin {}: {} {}", file.string(), title, what));
}

void PluginOrigin::rethrow(const char* function) const {
  try {
    throw;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", title, error.what()));
  } catch (const std::bad_alloc&) {
    refuse(fmt::format("failed in {}: out of memory", function));
  } catch (const std::exception& failure) {
    refuse(fmt::format("failed in {}: {}", function, said_by(failure)));
  } catch (...) {
    refuse(fmt::format("failed in {} with an exception that is not a std::exception", function));
  }
}

}  // namespace matseq
