/// \file
/// Numbered pieces of work that threads do ahead, given out in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "threads/thread_group.h"

namespace matseq {

struct OrderedWork {
  std::uint64_t pieces = 0;  ///< how many there are, numbered from 0
  std::size_t workers = 2;   ///< threads; 0: a piece is made when it is asked for
  std::size_t ahead = 4;     ///< pieces that may be made before they are asked for, for each worker
  std::uint64_t in_use = 1;  ///< pieces given out last whose slots are left alone
};

/// Makes pieces in slots, whose memory is the owner's and used over and over. Which thread makes which piece changes
/// nothing about what is given out. To be the last member of what owns it, as its threads use the slots.
class OrderedWorkers {
 public:
  /// Makes a piece in a slot; is called by several threads at a time, never for one slot. What it throws, `next` throws
  /// for that piece.
  using Make = std::function<void(std::size_t slot, std::uint64_t piece)>;

  /// Throws Error when a thread cannot be started.
  OrderedWorkers(const OrderedWork& work, Make make);
  OrderedWorkers(const OrderedWorkers&) = delete;
  OrderedWorkers& operator=(const OrderedWorkers&) = delete;
  ~OrderedWorkers() = default;

  /// How many slots such work needs.
  static std::size_t slots(const OrderedWork& work);

  /// The slot of the next piece, or nothing after the last. Throws Stopped where it would have to wait and the process
  /// has been asked to stop.
  std::optional<std::size_t> next();

 private:
  struct Slot {
    std::uint64_t made = 0;  ///< 1 + number of the piece in it
    std::exception_ptr failure;
  };

  void serve();
  void make(std::uint64_t piece, Slot& slot);
  void await(std::unique_lock<std::mutex>& lock, const Slot& slot, std::uint64_t piece);
  void end();

  OrderedWork work_;
  Make make_;
  std::vector<Slot> slots_;
  std::uint64_t begun_ = 0;      ///< pieces that a worker has begun
  std::uint64_t given_out_ = 0;  ///< pieces that `next` has given out
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable slot_free_;
  std::condition_variable slot_made_;
  ThreadGroup workers_;
};

}  // namespace matseq
