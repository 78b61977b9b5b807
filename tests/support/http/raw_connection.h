#pragma once

#include <optional>
#include <string>

namespace roomkeeper::testing {

// A blocking TCP connection to 127.0.0.1, for what an HTTP client library would hide: raw targets,
// resets, cut answers. Reads give up after 20 s, so that a test fails instead of hanging.
class RawConnection {
 public:
  explicit RawConnection(int port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False if the peer has gone.
  bool Send(const std::string& bytes);
  // Head and body (of its Content-Length) of one answer. Absent: the peer closed or reset the
  // connection first, see reset().
  std::optional<std::string> ReadAnswer();
  bool reset() const { return reset_; }

 private:
  bool Fill();

  int fd_ = -1;
  bool reset_ = false;
  std::string buffer_;
};

}  // namespace roomkeeper::testing
