#include "distributed/tensors/process_groups.h"

#include <fmt/format.h>

#include "matseq/error.h"

#ifdef MATSEQ_GLOO

#define USE_C10D_GLOO
#ifdef MATSEQ_NCCL
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "distributed/network_address.h"
#include "distributed/tensors/signs_of_life.h"

namespace matseq {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_between_signs{1000};
constexpr int signs_a_timeout = 10;
constexpr milliseconds store_answers{5000};
constexpr std::int64_t bucket = 1 << 20;  ///< elements that are exchanged at a time

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

c10::intrusive_ptr<c10d::Store> open_store(const RankPlace& place, bool first_use, milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = first_use && place.rank == 0;
  if (first_use) options.numWorkers = place.size;
  options.waitWorkers = first_use;
  options.timeout = timeout;
  // Newer LibTorch may have been built without this way, or have faults in it.
  [](auto& any) {
    if constexpr (requires { any.useLibUV; }) any.useLibUV = false;
  }(options);
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

class StoreOfLibTorch : public KeyValueStore {
 public:
  explicit StoreOfLibTorch(c10::intrusive_ptr<c10d::Store> store) : store_(std::move(store)) {
    store_->setTimeout(store_answers);
  }
  void set(const std::string& key, const std::string& value) override {
    store_->set(key, std::vector<std::uint8_t>(value.begin(), value.end()));
  }
  std::optional<std::string> get(const std::string& key) override {
    if (!store_->check({key})) return std::nullopt;
    const std::vector<std::uint8_t> value = store_->get(key);
    return std::string(value.begin(), value.end());
  }

 private:
  c10::intrusive_ptr<c10d::Store> store_;
};

class ProcessGroups : public Communicator {
 public:
  ProcessGroups(const RankPlace& place, milliseconds timeout) : place_(place), timeout_(timeout) {
    store_ = open_store(place, /*first_use=*/true, timeout);
    const std::string keeper = fmt::format("rank 0 at {}:{}", place.address, place.port);
    signs_ = std::make_shared<SignsOfLife>(
        std::make_shared<StoreOfLibTorch>(open_store(place, /*first_use=*/false, timeout)), place.rank, place.size,
        std::min(longest_between_signs, timeout / signs_a_timeout), keeper);
    const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    options->devices.push_back(interface != nullptr
                                   ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                   : c10d::ProcessGroupGloo::createDeviceForHostname(own_address(place)));
    gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(place.rank),
                                                        static_cast<int>(place.size), options);
  }

  std::size_t rank() const override { return place_.rank; }
  std::size_t size() const override { return place_.size; }

  void add_up(const std::vector<torch::Tensor>& tensors) override {
    if (tensors.empty()) return;
    attempt([&] {
#ifdef MATSEQ_NCCL
      if (tensors[0].is_cuda() && has_gpu_of_its_own()) return exchange(nccl(), tensors[0].device(), tensors);
#endif
      exchange(*gloo_, torch::kCPU, tensors);
    });
  }

  std::vector<std::string> gather(const std::string& bytes) override {
    std::vector<std::string> all;
    attempt([&] {
      const std::vector<torch::Tensor> lengths =
          gathered(torch::full({1}, static_cast<std::int64_t>(bytes.size()), torch::kInt64));
      std::int64_t longest = 1;
      for (const torch::Tensor& length : lengths) longest = std::max(longest, length.item<std::int64_t>());
      const torch::Tensor own = torch::zeros({longest}, torch::kUInt8);
      std::memcpy(own.data_ptr(), bytes.data(), bytes.size());
      const std::vector<torch::Tensor> texts = gathered(own);
      for (std::size_t rank = 0; rank < size(); ++rank) {
        all.emplace_back(reinterpret_cast<const char*>(texts[rank].data_ptr<std::uint8_t>()),
                         static_cast<std::size_t>(lengths[rank].item<std::int64_t>()));
      }
    });
    return all;
  }

  std::vector<double> sum(const std::vector<double>& values) override {
    std::vector<double> sums(values.size());
    attempt([&] {
      const torch::Tensor own = torch::tensor(values, torch::kFloat64);
      for (const torch::Tensor& of_rank : gathered(own)) {
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += of_rank.data_ptr<double>()[i];
      }
    });
    return sums;
  }

 private:
  std::vector<torch::Tensor> gathered(const torch::Tensor& own) {
    std::vector<std::vector<torch::Tensor>> outputs(1);
    for (std::size_t rank = 0; rank < size(); ++rank) outputs[0].push_back(torch::empty_like(own));
    std::vector<torch::Tensor> inputs = {own};
    gloo_->allgather(outputs, inputs)->wait();
    return outputs[0];
  }

  /// Each rank gets one chunk of every bucket from all others, adds them in the tree's order, and gives the sums to
  /// all: as many bytes as a ring moves. While one bucket is added, others are on their way.
  template <typename Group>
  void exchange(Group& group, const torch::Device& device, const std::vector<torch::Tensor>& tensors) {
    const torch::NoGradGuard no_gradients;
    const auto ranks = static_cast<std::int64_t>(size());
    std::int64_t elements = 0;
    for (const torch::Tensor& tensor : tensors) elements += tensor.numel();
    if (elements == 0) return;
    const std::int64_t padded = (elements + ranks - 1) / ranks * ranks;
    if (!sent_.defined() || sent_.numel() != padded || sent_.scalar_type() != tensors[0].scalar_type()) {
      sent_ = torch::zeros({padded}, torch::device(device).dtype(tensors[0].scalar_type()));
      received_ = torch::zeros_like(sent_);
    }
    std::int64_t begin = 0;
    for (const torch::Tensor& tensor : tensors) {
      sent_.narrow(0, begin, tensor.numel()).copy_(tensor.view({-1}));
      begin += tensor.numel();
    }
    struct Bucket {
      torch::Tensor sent;
      torch::Tensor received;  ///< (ranks, chunk)
      c10::intrusive_ptr<c10d::Work> work = {};
    };
    std::vector<Bucket> buckets;
    const std::int64_t each = std::max(ranks, bucket / ranks * ranks);
    std::vector<std::int64_t> equal;  // what each gets of a bucket
    for (std::int64_t first = 0; first < padded; first += each) {
      const std::int64_t length = std::min(each, padded - first);
      Bucket& next = buckets.emplace_back(
          Bucket{sent_.narrow(0, first, length), received_.narrow(0, first, length).view({ranks, -1})});
      torch::Tensor flat = next.received.view({-1});
      next.work = group.alltoall_base(flat, next.sent, equal, equal);
    }
    for (Bucket& one : buckets) {
      one.work->wait();
      for (std::int64_t apart = 1; apart < ranks; apart *= 2) {
        for (std::int64_t row = 0; row < ranks; row += 2 * apart) one.received[row].add_(one.received[row + apart]);
      }
      std::vector<std::vector<torch::Tensor>> outputs = {one.sent.chunk(ranks)};
      std::vector<torch::Tensor> sum = {one.received[0]};
      one.work = group.allgather(outputs, sum);
    }
    for (const Bucket& one : buckets) one.work->wait();
    begin = 0;
    for (const torch::Tensor& tensor : tensors) {
      tensor.view({-1}).copy_(sent_.narrow(0, begin, tensor.numel()));
      begin += tensor.numel();
    }
  }

#ifdef MATSEQ_NCCL
  /// NCCL does not take one GPU for two ranks.
  bool has_gpu_of_its_own() const { return static_cast<std::size_t>(torch::cuda::device_count()) >= place_.local_size; }

  c10d::ProcessGroupNCCL& nccl() {
    if (!nccl_) {
      const auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = timeout_;
      nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store_),
                                                          static_cast<int>(place_.rank), static_cast<int>(place_.size),
                                                          options);
    }
    return *nccl_;
  }

#endif

  /// Does it, or says which rank it fails for.
  template <typename Exchange>
  void attempt(const Exchange& exchange) {
    if (!failure_.empty()) throw Error(failure_);
    signs_->begin_exchange();
    std::string error;
    try {
      exchange();
      return;
    } catch (const c10::Error& failure) {
      error = first_line(failure.what_without_backtrace());
    } catch (const std::exception& failure) {
      error = first_line(failure.what());
    }
    // Its threads may wait for what never comes: left alone, they end with the process.
    gloo_.release();
#ifdef MATSEQ_NCCL
    nccl_.release();
#endif
    failure_ = fmt::format(
        "{}. The run goes on from its last checkpoint when it is started again, with as many ranks "
        "or others",
        SignsOfLife::explain(signs_, error));
    throw Error(failure_);
  }

  RankPlace place_;
  milliseconds timeout_;
  c10::intrusive_ptr<c10d::Store> store_;
  std::shared_ptr<SignsOfLife> signs_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
#ifdef MATSEQ_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;  ///< none until gradients on GPUs are exchanged
#endif
  torch::Tensor sent_;
  torch::Tensor received_;
  std::string failure_;  ///< of an exchange; none is possible after it
};

}  // namespace

std::unique_ptr<Communicator> meet(const RankPlace& place, milliseconds timeout) {
  if (place.alone()) return std::make_unique<Communicator>();
  try {
    return std::make_unique<ProcessGroups>(place, timeout);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("rank {} of {} has not met the others at {}:{} within {} s: {}", place.rank, place.size,
                            place.address, place.port, timeout.count() / 1000, first_line(error.what())));
  }
}

const char* rank_backends() {
#ifdef MATSEQ_NCCL
  return "Gloo; NCCL between GPUs";
#else
  return "Gloo";
#endif
}

}  // namespace matseq

#else

namespace matseq {

std::unique_ptr<Communicator> meet(const RankPlace& place, std::chrono::milliseconds) {
  if (place.alone()) return std::make_unique<Communicator>();
  throw Error(
      fmt::format("this is rank {} of {}, but this matseq was built without the headers of Gloo, through which "
                  "ranks speak: install them (Debian: libgloo-dev) and build it again",
                  place.rank, place.size));
}

}  // namespace matseq

#endif
