#include "lib/http/mhd_exchange.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

#include "lib/http/listen_socket.h"

namespace roomkeeper {
namespace {

// A slow body moves at most this often: small enough to look like a trickle, large enough to cost
// nothing.
constexpr absl::Duration kSlowStep = absl::Milliseconds(20);
constexpr std::size_t kSlowBlockBytes = 4096;

struct ResponseDeleter {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using ResponsePtr = std::unique_ptr<MHD_Response, ResponseDeleter>;

int SocketOf(MHD_Connection& connection) {
  return MHD_get_connection_info(&connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::string PeerOf(MHD_Connection& connection) {
  const sockaddr* address =
      MHD_get_connection_info(&connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
  const socklen_t size =
      address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return HostPort(host, std::atoi(port));
}

MHD_Result AddHeader(void* request, MHD_ValueKind /*kind*/, const char* name, const char* value) {
  static_cast<HttpServerRequest*>(request)->headers.emplace_back(absl::AsciiStrToLower(name),
                                                                 value == nullptr ? "" : value);
  return MHD_YES;
}

}  // namespace

MhdExchange::MhdExchange(MHD_Connection& connection, EventLoop& loop, std::string target)
    : loop_(loop), fd_(SocketOf(connection)), mhd_(connection), connection_(&connection) {
  request_.target = std::move(target);
}

void MhdExchange::ReadHead(const char* method) {
  request_.method = method;
  request_.peer = PeerOf(mhd_);
  MHD_get_connection_values(&mhd_, MHD_HEADER_KIND, &AddHeader, &request_);
}

void MhdExchange::AppendBody(const char* data, std::size_t size, std::size_t bytes_max) {
  // The rest is read and dropped, so that the client is there to read the answer.
  too_large_ = too_large_ || request_.body.size() + size > bytes_max;
  if (!too_large_) {
    request_.body.append(data, size);
  }
}

bool MhdExchange::FirstCall() {
  return !std::exchange(begun_, true);
}

bool MhdExchange::FirstDispatch() {
  return !std::exchange(dispatched_, true);
}

void MhdExchange::Send(HttpServerResponse response) {
  const MutexLock lock(mu_);
  if (sent_ || connection_ == nullptr) {
    return;
  }
  sent_ = true;
  answer_ = std::move(response);
  switch (answer_.ending) {
    case HttpServerResponse::Ending::kHang:
      CloseOnHangup();
      return;
    case HttpServerResponse::Ending::kAnswer:
    case HttpServerResponse::Ending::kReset:
      if (answer_.delay > absl::ZeroDuration()) {
        ReleaseAfter(answer_.delay);
        return;
      }
      break;
    case HttpServerResponse::Ending::kSlowBody:
      break;
  }
  ready_ = true;
  Resume();
}

void MhdExchange::ReleaseAfter(absl::Duration delay) {
  loop_.Post([self = shared_from_this(), delay] {
    self->loop_.RunAfter(delay, [self] { self->Release(); });
  });
}

// A suspended connection is not read, so libmicrohttpd would not see that the client left. The
// socket stays open until Close(), which comes from here or, with the loop at rest, from Stop().
void MhdExchange::CloseOnHangup() {
  loop_.Post([self = shared_from_this()] {
    self->loop_.Watch(self->fd_, EPOLLRDHUP, [self](std::uint32_t /*events*/) {
      self->loop_.Unwatch(self->fd_);
      self->Close();
    });
  });
}

void MhdExchange::Release() {
  const MutexLock lock(mu_);
  ready_ = true;
  Resume();
}

void MhdExchange::Close() {
  const MutexLock lock(mu_);
  closed_ = true;
  Resume();
}

void MhdExchange::Detach() {
  const MutexLock lock(mu_);
  connection_ = nullptr;
}

// Under the lock, against the habit: a resume must not overtake its suspend. Neither call runs code
// of ours.
void MhdExchange::Suspend() {
  MHD_suspend_connection(connection_);
  suspended_ = true;
}

void MhdExchange::Resume() {
  if (suspended_ && connection_ != nullptr) {
    suspended_ = false;
    MHD_resume_connection(connection_);
  }
}

MHD_Result MhdExchange::Proceed() {
  {
    const MutexLock lock(mu_);
    if (closed_) {
      return MHD_NO;
    }
    if (!ready_) {
      Suspend();
      return MHD_YES;
    }
  }
  return answer_.ending == HttpServerResponse::Ending::kReset ? Reset() : Queue();
}

// Connecting a TCP socket to "nothing" breaks its connection with a reset at once (Linux,
// connect(2)). A close with SO_LINGER 0 would not do: libmicrohttpd shuts the socket down in good
// order before it closes it.
MHD_Result MhdExchange::Reset() {
  sockaddr nowhere = {};
  nowhere.sa_family = AF_UNSPEC;
  (void)connect(fd_, &nowhere, sizeof(nowhere));
  return MHD_NO;
}

MHD_Result MhdExchange::Queue() {
  ResponsePtr response;
  if (answer_.ending == HttpServerResponse::Ending::kSlowBody && !answer_.body.empty()) {
    body_start_ = loop_.clock().Monotonic();
    const auto read = [](void* self, std::uint64_t position, char* buffer, std::size_t size) {
      return static_cast<MhdExchange*>(self)->ReadSlowly(position, buffer, size);
    };
    response.reset(MHD_create_response_from_callback(answer_.body.size(), kSlowBlockBytes, read,
                                                     this, nullptr));
  } else {
    response.reset(MHD_create_response_from_buffer(answer_.body.size(), answer_.body.data(),
                                                   MHD_RESPMEM_MUST_COPY));
  }
  if (response == nullptr) {
    return MHD_NO;
  }
  for (const auto& [name, value] : answer_.headers) {
    (void)MHD_add_response_header(response.get(), name.c_str(), value.c_str());
  }
  return MHD_queue_response(&mhd_, static_cast<unsigned>(answer_.status), response.get());
}

ssize_t MhdExchange::ReadSlowly(std::uint64_t position, char* buffer, std::size_t size) {
  const std::size_t total = answer_.body.size();
  const double part = absl::FDivDuration(loop_.clock().Monotonic() - body_start_,
                                         std::max(answer_.delay, absl::Nanoseconds(1)));
  const auto due = static_cast<std::size_t>(static_cast<double>(total) * std::min(part, 1.0));
  if (due > position) {
    const std::size_t count = std::min<std::size_t>(size, due - position);
    answer_.body.copy(buffer, count, position);
    return static_cast<ssize_t>(count);
  }
  const MutexLock lock(mu_);
  if (closed_) {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  Suspend();
  const absl::Duration one_byte = answer_.delay / static_cast<std::int64_t>(total);
  ReleaseAfter(std::max(kSlowStep, one_byte));
  return 0;
}

}  // namespace roomkeeper
