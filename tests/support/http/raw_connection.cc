#include "tests/support/http/raw_connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

namespace roomkeeper::testing {

RawConnection::RawConnection(int port) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval give_up = {.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &give_up, sizeof(give_up));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

RawConnection::~RawConnection() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

bool RawConnection::Send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool RawConnection::Fill() {
  char bytes[4096];
  const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
  reset_ = n < 0 && errno == ECONNRESET;
  if (n > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(n));
  }
  return n > 0;
}

std::optional<std::string> RawConnection::ReadAnswer() {
  static constexpr char kEnd[] = "\r\n\r\n";
  static constexpr char kLength[] = "Content-Length: ";
  while (buffer_.find(kEnd) == std::string::npos) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  std::size_t size = buffer_.find(kEnd) + 4;
  const std::size_t length = buffer_.find(kLength);
  if (length < size) {
    size += std::strtoul(buffer_.c_str() + length + sizeof(kLength) - 1, nullptr, 10);
  }
  while (buffer_.size() < size) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  std::string answer = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

}  // namespace roomkeeper::testing
