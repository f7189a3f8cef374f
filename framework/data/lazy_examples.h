/// \file
/// Examples that are fetched only if somebody asks for one.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "data/example_source.h"

namespace matseq {

/// Opens a source when it is first used: who evaluates a run does not wait for its training examples to be read, and
/// need not have them. A failure is thrown to everyone who asks.
class LazyExamples : public ExampleSource {
 public:
  using Opener = std::function<std::unique_ptr<const ExampleSource>()>;

  explicit LazyExamples(Opener opener) : opener_(std::move(opener)) {}

  void get(std::uint64_t number, SequencePair& example) const override { opened().get(number, example); }
  std::optional<std::uint64_t> size() const override { return opened().size(); }
  std::string remark() const override { return opened().remark(); }
  std::optional<std::uint32_t> checksum() const override { return opened().checksum(); }

 private:
  const ExampleSource& opened() const {
    std::call_once(once_, [this] {
      try {
        source_ = opener_();
      } catch (...) {
        failure_ = std::current_exception();
      }
    });
    if (failure_) std::rethrow_exception(failure_);
    return *source_;
  }

  Opener opener_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const ExampleSource> source_;
  mutable std::exception_ptr failure_;
};

}  // namespace matseq
