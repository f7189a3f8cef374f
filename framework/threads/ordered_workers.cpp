#include "threads/ordered_workers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "threads/stop_request.h"

namespace matseq {
namespace {

constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

std::size_t OrderedWorkers::slots(const OrderedWork& work) {
  return static_cast<std::size_t>(work.in_use) + std::max<std::size_t>(1, work.workers * work.ahead);
}

OrderedWorkers::OrderedWorkers(const OrderedWork& work, Make make)
    : work_(work),
      make_(std::move(make)),
      slots_(slots(work)),
      workers_(
          work.workers, [this](std::size_t) { serve(); }, [this] { end(); }) {}

std::optional<std::size_t> OrderedWorkers::next() {
  std::unique_lock lock(mutex_);
  if (given_out_ == work_.pieces) return std::nullopt;
  const std::uint64_t piece = given_out_++;
  const std::size_t number = piece % slots_.size();
  Slot& slot = slots_[number];
  slot_free_.notify_all();
  if (work_.workers == 0) {
    lock.unlock();
    make(piece, slot);
  } else {
    await(lock, slot, piece);
  }
  if (slot.failure) std::rethrow_exception(slot.failure);
  return number;
}

/// A piece may take long, and a request to stop wakes nobody.
void OrderedWorkers::await(std::unique_lock<std::mutex>& lock, const Slot& slot, std::uint64_t piece) {
  while (!slot_made_.wait_for(lock, between_looks, [&] { return slot.made == piece + 1; })) throw_if_stop_requested();
}

void OrderedWorkers::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    slot_free_.wait(lock, [this] {
      return ending_ || begun_ == work_.pieces || begun_ + work_.in_use < given_out_ + slots_.size();
    });
    if (ending_ || begun_ == work_.pieces) return;
    const std::uint64_t piece = begun_++;
    Slot& slot = slots_[piece % slots_.size()];
    lock.unlock();
    make(piece, slot);
    lock.lock();
    slot.made = piece + 1;
    slot_made_.notify_all();
  }
}

void OrderedWorkers::make(std::uint64_t piece, Slot& slot) {
  try {
    slot.failure = nullptr;
    make_(piece % slots_.size(), piece);
  } catch (...) {
    slot.failure = std::current_exception();
  }
}

void OrderedWorkers::end() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  slot_free_.notify_all();
}

}  // namespace matseq
