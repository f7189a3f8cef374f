/// \file
/// Which of the ranks still runs, to be asked when one does not answer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace matseq {

/// A store of short texts that all ranks reach. Where it does not answer its functions throw an exception, or never
/// return.
class KeyValueStore {
 public:
  KeyValueStore() = default;
  KeyValueStore(const KeyValueStore&) = delete;
  KeyValueStore& operator=(const KeyValueStore&) = delete;
  virtual ~KeyValueStore() = default;

  virtual void set(const std::string& key, const std::string& value) = 0;
  /// Nothing where there is none yet.
  virtual std::optional<std::string> get(const std::string& key) = 0;
};

/// As long as it lives, a thread writes into the store, again and again, that this rank lives and how many exchanges it
/// has come to.
class SignsOfLife {
 public:
  /// `interval`: between two signs. `keeper`: who has the store, as messages name it.
  SignsOfLife(std::shared_ptr<KeyValueStore> store, std::size_t rank, std::size_t size,
              std::chrono::milliseconds interval, std::string keeper);
  SignsOfLife(const SignsOfLife&) = delete;
  SignsOfLife& operator=(const SignsOfLife&) = delete;
  ~SignsOfLife();

  /// The rank begins one more exchange with the others.
  void begin_exchange() { exchanges_.fetch_add(1, std::memory_order_relaxed); }

  /// Why an exchange has failed, as far as the others' signs tell: which ranks give none any more, or are behind.
  /// `error` is what the exchange says. Takes some intervals, and some seconds where the store does not answer. The
  /// others are told the result, and rank 0, which keeps the store, stays until they know it.
  static std::string explain(const std::shared_ptr<SignsOfLife>& signs, const std::string& error);

 private:
  struct Sign {
    std::string beat;
    std::uint64_t exchanges = 0;
    std::string left;  ///< why it left; empty: it has not
  };

  void run();
  void give_sign();
  std::vector<Sign> read_signs();
  std::string explanation(const std::string& error);
  std::string explain_to_all(const std::string& error);
  void linger();
  bool wait(std::chrono::milliseconds time);

  std::shared_ptr<KeyValueStore> store_;
  std::size_t rank_;
  std::size_t size_;
  std::chrono::milliseconds interval_;
  std::string keeper_;
  std::atomic<std::uint64_t> exchanges_ = 0;
  std::uint64_t beats_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace matseq
