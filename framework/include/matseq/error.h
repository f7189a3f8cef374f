/// \file
/// The one exception that matseq throws for anything a user can cause or mend.
#pragma once

#include <stdexcept>
#include <string>

#include "matseq/export.h"

namespace matseq {

/// A failure with a message meant for the user: what happened, where, and what would be accepted.
/// The command line prints `what()` and exits with a non-zero status; plugins may throw it too.
class MATSEQ_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;
};

}  // namespace matseq
