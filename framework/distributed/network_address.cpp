#include "distributed/network_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

std::string text_of(const sockaddr* address, socklen_t length) {
  std::array<char, NI_MAXHOST> host{};
  if (::getnameinfo(address, length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return host.data();
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

/// Which of its addresses the system would send from. Nothing is sent.
std::string sender_to(const addrinfo& target) {
  const int socket = ::socket(target.ai_family, SOCK_DGRAM, 0);
  if (socket < 0) return "";
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  std::string address;
  if (::connect(socket, target.ai_addr, target.ai_addrlen) == 0 &&
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0) {
    address = text_of(reinterpret_cast<const sockaddr*>(&own), length);
  }
  ::close(socket);
  return address;
}

/// Of an interface that other machines may reach; empty when there is none.
std::string outside_address() {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return "";
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(found, ::freeifaddrs);
  for (const ifaddrs* one = found; one != nullptr; one = one->ifa_next) {
    const bool up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
    if (up && one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET) {
      return text_of(one->ifa_addr, sizeof(sockaddr_in));
    }
  }
  return "";
}

}  // namespace

std::string own_address(const RankPlace& place) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(place.address.c_str(), std::to_string(place.port).c_str(), &wanted, &found);
  if (status != 0) {
    throw Error(fmt::format("the ranks are to meet at '{}', which this machine does not know: {}",
                            printable(place.address), ::gai_strerror(status)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  std::string address;
  for (const addrinfo* one = found; one != nullptr && address.empty(); one = one->ai_next) address = sender_to(*one);
  if (is_loopback(address) && place.local_size < place.size) {
    std::string outside = outside_address();
    if (!outside.empty()) return outside;
  }
  return address.empty() ? place.address : address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool known = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  const int error = errno;
  ::close(socket);
  if (known) return ntohs(address.sin_port);
  throw Error(fmt::format("no port can be had for processes to meet: {}", std::generic_category().message(error)));
}

}  // namespace matseq
