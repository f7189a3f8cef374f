#include "distributed/tensors/communicator.h"

#include <fmt/format.h>

#include <exception>

#include "matseq/error.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

enum class Fate : char { done = 'd', stopped = 's', failed = 'f' };

/// How work ended on this rank.
struct Outcome {
  Fate fate = Fate::done;
  std::string text;  ///< what it gave, or why it failed
  std::exception_ptr failure;
};

Outcome outcome_of(const std::function<std::string()>& work) {
  try {
    return {Fate::done, work(), {}};
  } catch (const Stopped&) {
    return {Fate::stopped, "", std::current_exception()};
  } catch (const c10::Error& error) {
    return {Fate::failed, error.what_without_backtrace(), std::current_exception()};
  } catch (const std::exception& error) {
    return {Fate::failed, error.what(), std::current_exception()};
  } catch (...) {
    return {Fate::failed, "an exception of unknown type", std::current_exception()};
  }
}

/// Throws what becomes of all ranks where it is not the same as of work done.
void require_done(const std::vector<std::string>& outcomes, const Outcome& own) {
  if (own.fate == Fate::failed) std::rethrow_exception(own.failure);
  bool stopped = false;
  for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
    const auto fate = static_cast<Fate>(outcomes[rank].at(0));
    if (fate == Fate::failed) throw Error(fmt::format("rank {} has failed: {}", rank, outcomes[rank].substr(1)));
    stopped = stopped || fate == Fate::stopped;
  }
  if (stopped) throw Stopped();
}

std::vector<std::string> exchange(Communicator& ranks, const Outcome& own) {
  std::vector<std::string> outcomes = ranks.gather(static_cast<char>(own.fate) + own.text);
  require_done(outcomes, own);
  for (std::string& outcome : outcomes) outcome.erase(0, 1);
  return outcomes;
}

}  // namespace

Communicator& no_other_ranks() {
  static Communicator alone;
  return alone;
}

std::vector<std::string> gather_in_step(Communicator& ranks, const std::function<std::string()>& work) {
  if (ranks.size() == 1) return {work()};
  return exchange(ranks, outcome_of(work));
}

std::vector<double> sum_in_step(Communicator& ranks, std::size_t count,
                                const std::function<std::vector<double>()>& work) {
  if (ranks.size() == 1) return work();
  std::vector<double> values(count);
  const Outcome own = outcome_of([&] {
    values = work();
    return std::string();
  });
  // Why it has failed is asked for only where it has.
  values.push_back(own.fate == Fate::done ? 0 : 1);
  std::vector<double> sums = ranks.sum(values);
  if (sums.back() > 0) exchange(ranks, own);
  sums.pop_back();
  return sums;
}

void do_on_first(Communicator& ranks, const std::function<void()>& work) {
  gather_in_step(ranks, [&] {
    if (ranks.rank() == 0) work();
    return std::string();
  });
}

}  // namespace matseq
