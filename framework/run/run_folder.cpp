#include "run/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

void rename_file(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) throw_file_error("rename", from);
}

void remove_file(const fs::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) throw_file_error("remove", file);
}

std::optional<SavedState> read_state(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  std::string text;
  try {
    text = FileDescriptor(file, O_RDONLY).content();
  } catch (const FileError&) {
    if (!fs::exists(file)) return std::nullopt;  // renamed in the meantime
    throw;
  }
  return saved_state_from_text(text, file);
}

}  // namespace

fs::path RunFolder::next(const fs::path& file) { return file.string() + ".next"; }

fs::path RunFolder::previous(const fs::path& file) {
  return file.parent_path() / (file.stem().string() + ".previous" + file.extension().string());
}

std::optional<SavedState> RunFolder::last_state() const {
  // In this order: what is renamed in the meantime is found under its new name.
  if (std::optional<SavedState> saved = read_state(next(state()))) return saved;
  return read_state(state());
}

std::optional<SavedState> RunFolder::previous_state() const { return read_state(previous(state())); }

std::optional<SavedState> RunFolder::readable_state() const {
  try {
    return last_state();
  } catch (const FileError&) {
    throw;
  } catch (const Error&) {
    std::optional<SavedState> before = previous_state();
    if (!before) throw;
    return before;
  }
}

std::vector<std::string> RunFolder::weight_names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string stem = entry->path().stem().string();
    if (entry->path().extension() == ".safetensors" && !stem.starts_with("optimizer")) names.push_back(stem);
  }
  std::ranges::sort(names);
  return names;
}

void RunFolder::require_state_with_weights() const {
  if (fs::exists(state()) || fs::exists(next(state()))) return;
  const std::vector<std::string> names = weight_names();
  if (names.empty()) return;
  std::string before;
  if (fs::exists(previous(state()))) {
    before = ", or rename state.previous.json to it to go on from the checkpoint before";
  }
  throw Error(
      fmt::format("{}: this folder has weights ({}) but no state.json, without which training cannot go on from them. "
                  "Put that file back{}; or train in another folder, which --run names. `matseq eval` can evaluate "
                  "these weights",
                  folder_.string(), quoted_list(names), before));
}

void RunFolder::recover() const {
  if (fs::exists(next(state()))) return take_names();
  for (const fs::path& file : {next(weights()), next(optimizer()), next(average()), next(state()), previous(state())}) {
    if (file != previous(state())) remove_file(file);
    remove_file(AtomicFile::partial_name(file));
  }
}

void RunFolder::commit(const SavedState& saved) const {
  write_atomically(next(state()), to_text(saved));
  take_names();
}

/// Every step can be repeated after a crash. state.json is never missing in between: it is what a run is known by.
void RunFolder::take_names() const {
  for (const fs::path& file : {weights(), optimizer(), average()}) {
    if (!fs::exists(next(file))) continue;
    if (fs::exists(file)) rename_file(file, previous(file));
    rename_file(next(file), file);
  }
  if (fs::exists(state())) {
    write_atomically(previous(state()), FileDescriptor(state(), O_RDONLY).content());
  }
  rename_file(next(state()), state());
  sync_folder(folder_);
}

void RunFolder::take_back() const {
  for (const fs::path& file : {weights(), optimizer(), average(), state()}) {
    // The state comes last: until then a crash changes nothing, since tensors are found under any of their names.
    if (fs::exists(previous(file))) rename_file(previous(file), file);
  }
  sync_folder(folder_);
}

}  // namespace matseq
