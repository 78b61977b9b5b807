#include "lib/http/curl_client.h"

#include <sys/epoll.h>

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "absl/status/status.h"

#include "lib/base/check.h"
#include "lib/http/curl_transfer.h"

namespace roomkeeper {
namespace {

struct CurlMultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct CurlShareDeleter {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};

std::uint32_t EpollEvents(int what) {
  return ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
         ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

int SelectBits(std::uint32_t events) {
  return ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
         ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
         ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
}

HttpResult NotSent(const char* why) {
  HttpResult result;
  result.transport = HttpResult::Transport::kNotSent;
  result.error = why;
  return result;
}

}  // namespace

struct CurlClient::Impl {
  struct Queued {
    HttpRequest request;
    Done done;
    absl::Duration expires_at;  // monotonic
  };

  Impl(EventLoop& event_loop, CurlOptions curl_options) : loop(event_loop), options(curl_options) {}
  ~Impl();

  void Start(HttpRequest request, Done done, absl::Duration timeout);
  void StartQueued();
  void Act(curl_socket_t socket, int bits);
  void FinishOne(CURL* easy, CURLcode code);
  void Refuse(Done done, const char* why);
  static int OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int OnTimer(CURLM*, long timeout_ms, void* self);

  EventLoop& loop;
  const CurlOptions options;
  std::unique_ptr<CURLSH, CurlShareDeleter> share;  // TLS sessions, across the handles
  std::vector<std::unique_ptr<CurlTransfer>> transfers;
  std::vector<CurlTransfer*> idle;
  std::unique_ptr<CURLM, CurlMultiDeleter> multi;
  std::deque<Queued> queue;
  std::size_t in_flight = 0;
  Loop::TimerId timer = 0;
};

absl::StatusOr<std::unique_ptr<CurlClient>> CurlClient::Make(EventLoop& loop, CurlOptions options) {
  static const CURLcode kGlobal = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto impl = std::make_unique<Impl>(loop, options);
  impl->share.reset(curl_share_init());
  impl->multi.reset(curl_multi_init());
  if (kGlobal != CURLE_OK || impl->share == nullptr || impl->multi == nullptr) {
    return absl::InternalError("libcurl cannot be set up");
  }
  curl_share_setopt(impl->share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  CURLM* multi = impl->multi.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::OnSocket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, impl.get());
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::OnTimer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, impl.get());
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, options.connections_kept_max);
  return std::unique_ptr<CurlClient>(new CurlClient(std::move(impl)));
}

CurlClient::CurlClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlClient::~CurlClient() = default;

CurlClient::Impl::~Impl() {
  if (multi != nullptr) {
    for (const auto& transfer : transfers) {
      curl_multi_remove_handle(multi.get(), transfer->easy());
    }
  }
  for (Queued& queued : queue) {
    WipeRequest(queued.request);
  }
  multi.reset();      // closes connections, which unwatches their sockets
  transfers.clear();  // before `share`, which they use
  loop.Cancel(timer);
}

std::size_t CurlClient::in_flight() const {
  return impl_->in_flight;
}

std::size_t CurlClient::queued() const {
  return impl_->queue.size();
}

void CurlClient::Send(HttpRequest request, Done done) {
  if (impl_->in_flight < impl_->options.in_flight_max) {
    const absl::Duration timeout = request.timeout;
    impl_->Start(std::move(request), std::move(done), timeout);
    return;
  }
  if (impl_->queue.size() >= impl_->options.queue_max) {
    WipeRequest(request);
    impl_->Refuse(std::move(done), "the client's queue is full");
    return;
  }
  const absl::Duration expires_at = impl_->loop.clock().Monotonic() + request.timeout;
  impl_->queue.push_back({std::move(request), std::move(done), expires_at});
}

void CurlClient::Impl::Refuse(Done done, const char* why) {
  loop.Post([done = std::move(done), why] { done(NotSent(why)); });
}

void CurlClient::Impl::Start(HttpRequest request, Done done, absl::Duration timeout) {
  if (idle.empty()) {
    std::unique_ptr<CurlTransfer> made = CurlTransfer::Make(options, share.get());
    RK_CHECK(made != nullptr);
    idle.push_back(made.get());
    transfers.push_back(std::move(made));
  }
  CurlTransfer& transfer = *idle.back();
  if (!transfer.Prepare(std::move(request), timeout)) {
    Refuse(std::move(done), "a header holds a control character");
    return;
  }
  idle.pop_back();
  transfer.done = std::move(done);
  ++in_flight;
  RK_CHECK(curl_multi_add_handle(multi.get(), transfer.easy()) == CURLM_OK);
}

void CurlClient::Impl::StartQueued() {
  while (!queue.empty() && in_flight < options.in_flight_max) {
    Queued next = std::move(queue.front());
    queue.pop_front();
    const absl::Duration left = next.expires_at - loop.clock().Monotonic();
    if (left <= absl::ZeroDuration()) {
      WipeRequest(next.request);
      Refuse(std::move(next.done), "timed out in the client's queue");
    } else {
      Start(std::move(next.request), std::move(next.done), left);
    }
  }
}

void CurlClient::Impl::Act(curl_socket_t socket, int bits) {
  int running = 0;
  curl_multi_socket_action(multi.get(), socket, bits, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      FinishOne(message->easy_handle, message->data.result);
    }
  }
}

void CurlClient::Impl::FinishOne(CURL* easy, CURLcode code) {
  CurlTransfer& transfer = CurlTransfer::Of(easy);
  HttpResult result = transfer.Finish(code);
  curl_multi_remove_handle(multi.get(), easy);
  const Done done = std::exchange(transfer.done, nullptr);
  idle.push_back(&transfer);
  --in_flight;
  StartQueued();
  done(std::move(result));
}

int CurlClient::Impl::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& impl = *static_cast<Impl*>(self);
  if (what == CURL_POLL_REMOVE) {
    impl.loop.Unwatch(socket);
  } else if (known != nullptr) {
    impl.loop.SetEvents(socket, EpollEvents(what));
  } else {
    impl.loop.Watch(socket, EpollEvents(what), [&impl, socket](std::uint32_t events) {
      impl.Act(socket, SelectBits(events));
    });
    curl_multi_assign(impl.multi.get(), socket, self);
  }
  return 0;
}

int CurlClient::Impl::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  impl.loop.Cancel(impl.timer);
  impl.timer = 0;
  if (timeout_ms >= 0) {
    impl.timer = impl.loop.RunAfter(absl::Milliseconds(timeout_ms), [&impl] {
      impl.timer = 0;
      impl.Act(CURL_SOCKET_TIMEOUT, 0);
    });
  }
  return 0;
}

}  // namespace roomkeeper
