#include "tests/unit/http/tiny_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"

namespace roomkeeper::testing {
namespace {

// Length of the first whole request in `buffer`, or 0.
std::size_t WholeRequest(const std::string& buffer) {
  const std::size_t end = buffer.find("\r\n\r\n");
  if (end == std::string::npos) {
    return 0;
  }
  const std::string head = absl::AsciiStrToLower(buffer.substr(0, end + 2));
  const std::string name = "\r\ncontent-length:";
  std::size_t length = 0;
  if (const std::size_t at = head.find(name); at != std::string::npos) {
    const std::size_t from = at + name.size();
    RK_CHECK(absl::SimpleAtoi(head.substr(from, head.find('\r', from) - from), &length));
  }
  const std::size_t total = end + 4 + length;
  return buffer.size() >= total ? total : 0;
}

}  // namespace

TinyServer::TinyServer(EventLoop& loop, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  RK_CHECK(bind(listen_fd_, generic, size) == 0);
  RK_CHECK(listen(listen_fd_, 512) == 0);
  RK_CHECK(getsockname(listen_fd_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  loop_.Watch(listen_fd_, EPOLLIN, [this](std::uint32_t) { Accept(); });
}

TinyServer::~TinyServer() {
  for (const auto& [timer, fd] : delayed_) {
    loop_.Cancel(timer);
  }
  CloseIdle();
  loop_.Unwatch(listen_fd_);
  close(listen_fd_);
}

std::string TinyServer::Url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", port_, path);
}

std::string TinyServer::Ok(const std::string& body, const std::string& headers) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", headers, "\r\n",
                      body);
}

void TinyServer::Accept() {
  const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    return;
  }
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  ++connections_;
  buffers_[fd].clear();
  loop_.Watch(fd, EPOLLIN, [this, fd](std::uint32_t) { Read(fd); });
}

void TinyServer::Read(int fd) {
  std::array<char, 65536> chunk;
  const ssize_t got = read(fd, chunk.data(), chunk.size());
  if (got <= 0) {
    Drop(fd, /*reset=*/false);
    return;
  }
  std::string& buffer = buffers_[fd];
  buffer.append(chunk.data(), static_cast<std::size_t>(got));
  while (const std::size_t length = WholeRequest(buffer)) {
    const std::string request = buffer.substr(0, length);
    buffer.erase(0, length);
    requests_.push_back(request);
    const Reply reply = handler_(request);
    if (reply.delay > absl::ZeroDuration()) {
      const auto timer = std::make_shared<Loop::TimerId>(0);
      *timer = loop_.RunAfter(reply.delay, [this, fd, reply, timer] {
        delayed_.erase(*timer);
        Answer(fd, reply);
      });
      delayed_[*timer] = fd;
    } else {
      Answer(fd, reply);
    }
    if (!buffers_.contains(fd)) {
      return;
    }
  }
}

void TinyServer::Answer(int fd, const Reply& reply) {
  if (!buffers_.contains(fd)) {
    return;
  }
  std::size_t sent = 0;
  while (sent < reply.bytes.size()) {  // test bodies fit the socket's buffer, or the peer reads
    const ssize_t n = send(fd, reply.bytes.data() + sent, reply.bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      break;
    }
    sent += static_cast<std::size_t>(n);
  }
  if (reply.then != Reply::Then::kKeep) {
    Drop(fd, reply.then == Reply::Then::kReset);
  }
}

void TinyServer::Drop(int fd, bool reset) {
  if (reset) {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  loop_.Unwatch(fd);
  buffers_.erase(fd);
  close(fd);
}

void TinyServer::CloseIdle() {
  const std::map<int, std::string> all = buffers_;
  for (const auto& [fd, buffer] : all) {
    Drop(fd, /*reset=*/false);
  }
}

}  // namespace roomkeeper::testing
