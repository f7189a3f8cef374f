#include "own_executable.h"

#include <filesystem>
#include <system_error>

namespace matseq {

std::string own_executable() {
  const std::filesystem::path link = "/proc/self/exe";
  std::error_code error;
  const std::filesystem::path file = std::filesystem::read_symlink(link, error);
  return error || !std::filesystem::exists(file) ? link : file;
}

}  // namespace matseq
