/// \file
/// Memory for the intermediate results of one pass.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "aligned_vector.h"

namespace matseq::cpu {

/// Hands out uninitialised memory that lives until the next `reset`. After a few passes of one size it is a single
/// block that is used over and over, so that a pass neither allocates nor touches new pages.
class Arena {
 public:
  /// Memory for `count` floats, aligned to a line of the cache.
  float* take(std::int64_t count) {
    const std::size_t size = (static_cast<std::size_t>(count) + line - 1) / line * line;
    if (used_ + size > capacity_) add_block(std::max(size, 2 * capacity_));
    float* result = first_ + used_;
    used_ += size;
    return result;
  }

  /// A moment: what is taken after it may be given back together.
  struct Mark {
    std::size_t blocks;
    std::size_t used;
  };
  Mark mark() const { return {blocks_.size(), used_}; }

  /// What was taken since then must not be used any more.
  void release(const Mark& mark) { used_ = blocks_.size() == mark.blocks ? mark.used : 0; }

  /// What was taken must not be used any more.
  void reset() {
    if (blocks_.size() > 1) {
      const std::size_t all = total_;
      blocks_.clear();
      total_ = 0;
      add_block(all);
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t line = cache_line / sizeof(float);

  void add_block(std::size_t size) {
    blocks_.emplace_back(new float[size + line]);
    total_ += size;
    capacity_ = size;
    used_ = 0;
    void* first = blocks_.back().get();
    std::size_t room = (size + line) * sizeof(float);
    first_ = static_cast<float*>(std::align(line * sizeof(float), size * sizeof(float), first, room));
  }

  std::vector<std::unique_ptr<float[]>> blocks_;
  float* first_ = nullptr;  // of the last block
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t total_ = 0;
};

/// Gives back at its end what was taken since its beginning.
class ArenaScope {
 public:
  explicit ArenaScope(Arena& arena) : arena_(arena), mark_(arena.mark()) {}
  ~ArenaScope() { arena_.release(mark_); }
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

/// Arenas for any number of threads; one that is given back is used again.
class Arenas {
 public:
  /// Gives the arena back at its end.
  class Loan {
   public:
    explicit Loan(Arenas& arenas) : arenas_(arenas), arena_(arenas.borrow()) {}
    ~Loan() { arenas_.put_back(std::move(arena_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Arena& operator*() { return *arena_; }

   private:
    Arenas& arenas_;
    std::unique_ptr<Arena> arena_;
  };

 private:
  std::unique_ptr<Arena> borrow() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Arena>();
    std::unique_ptr<Arena> arena = std::move(free_.back());
    free_.pop_back();
    return arena;
  }

  void put_back(std::unique_ptr<Arena> arena) {
    arena->reset();
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(arena));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Arena>> free_;
};

}  // namespace matseq::cpu
