#include "lib/http/listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

// What a burst of new connections may wait in; the kernel's own cap (somaxconn) is usually 4096.
constexpr int kBacklog = 1024;

int BoundPort(int fd) {
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return 0;
  }
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

std::string HostPort(const std::string& address, int port) {
  return absl::StrContains(address, ':') ? absl::StrCat("[", address, "]:", port)
                                         : absl::StrCat(address, ":", port);
}

absl::StatusOr<ListenSocket> ListenOn(const std::string& address, int port) {
  if (port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("port must be in [0, 65535], got ", port));
  }
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), absl::StrCat(port).c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("address must be a numeric IP address, got \"", address, "\""));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> result(found, &freeaddrinfo);

  const int fd = socket(result->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return absl::UnavailableError(absl::StrCat("cannot make a socket: ", std::strerror(errno)));
  }
  auto closer = absl::MakeCleanup([fd] { close(fd); });
  const int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, result->ai_addr, result->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const std::string text =
        absl::StrCat("cannot listen on ", HostPort(address, port), ": ", std::strerror(errno));
    return errno == EADDRNOTAVAIL ? absl::InvalidArgumentError(text) : absl::UnavailableError(text);
  }
  std::move(closer).Cancel();
  return ListenSocket{.fd = fd, .port = BoundPort(fd)};
}

}  // namespace roomkeeper
