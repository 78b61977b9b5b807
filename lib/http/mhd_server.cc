#include <microhttpd.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "lib/base/mutex.h"
#include "lib/base/status_macros.h"
#include "lib/http/http_server.h"
#include "lib/http/listen_socket.h"
#include "lib/http/mhd_exchange.h"
#include "lib/io/event_loop.h"

namespace roomkeeper {

absl::string_view HttpServerRequest::Header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

absl::string_view HttpServerRequest::path() const {
  const absl::string_view all = target;
  return all.substr(0, all.find('?'));
}

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}

  absl::Status Start() ABSL_LOCKS_EXCLUDED(run_mu_);
  void Stop() ABSL_LOCKS_EXCLUDED(run_mu_);
  int port() const { return port_; }
  std::string url() const;

 private:
  absl::Status StartDaemon(int listen_fd) ABSL_EXCLUSIVE_LOCKS_REQUIRED(run_mu_);
  bool tls() const { return !options_.tls_certificate_pem.empty(); }
  void CloseAll();
  MhdExchange* Begin(const char* target, MHD_Connection& connection);
  void End(MhdExchange* exchange);
  MHD_Result OnRequest(MhdExchange& exchange, const char* method, const char* data,
                       std::size_t* size);

  static void* UriCallback(void* self, const char* target, MHD_Connection* connection);
  static MHD_Result AccessCallback(void* self, MHD_Connection* connection, const char* url,
                                   const char* method, const char* version, const char* data,
                                   std::size_t* size, void** exchange);
  static void CompletedCallback(void* self, MHD_Connection* connection, void** exchange,
                                MHD_RequestTerminationCode how);
  static void LogCallback(void* self, const char* format, va_list arguments);

  const HttpServerOptions options_;
  const HttpHandler handler_;
  std::atomic<int> port_ = 0;
  std::atomic<bool> stopping_ = false;

  const SystemClock clock_;  // the delays are of real connections: no test moves this one

  Mutex run_mu_;  // Start and Stop, one at a time
  std::thread loop_thread_ ABSL_GUARDED_BY(run_mu_);
  MHD_Daemon* daemon_ ABSL_GUARDED_BY(run_mu_) = nullptr;
  std::unique_ptr<EventLoop> loop_;  // set while the server thread runs, so needs no lock
  std::string start_error_;  // what libmicrohttpd said while starting; written before its thread

  Mutex mu_;
  std::unordered_map<MhdExchange*, std::shared_ptr<MhdExchange>> live_ ABSL_GUARDED_BY(mu_);
};

absl::Status HttpServer::Impl::Start() {
  const MutexLock lock(run_mu_);
  if (daemon_ != nullptr) {
    return absl::OkStatus();
  }
  if (options_.tls_certificate_pem.empty() != options_.tls_key_pem.empty()) {
    return absl::InvalidArgumentError("a certificate needs its key, and a key its certificate");
  }
  RK_ASSIGN_OR_RETURN(loop_, EventLoop::Make(clock_));
  RK_ASSIGN_OR_RETURN(const ListenSocket listening, ListenOn(options_.address, options_.port));
  stopping_ = false;
  RK_RETURN_IF_ERROR(StartDaemon(listening.fd));  // owns the descriptor, also when it fails
  loop_thread_ = std::thread([this] { loop_->Run(); });
  port_ = listening.port;
  return absl::OkStatus();
}

absl::Status HttpServer::Impl::StartDaemon(int listen_fd) {
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  std::vector<MHD_OptionItem> tls_options;
  if (tls()) {
    flags |= MHD_USE_TLS;
    // libmicrohttpd's parameter is not const, but it only reads.
    auto* key = const_cast<char*>(options_.tls_key_pem.Reveal().c_str());
    auto* certificate = const_cast<char*>(options_.tls_certificate_pem.c_str());
    tls_options = {{MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate}};
  }
  tls_options.push_back({MHD_OPTION_END, 0, nullptr});
  start_error_.clear();
  daemon_ = MHD_start_daemon(
      flags, 0, nullptr, nullptr, &AccessCallback, this,  //
      MHD_OPTION_EXTERNAL_LOGGER, &LogCallback, this,     // first: it hears the others' errors
      MHD_OPTION_LISTEN_SOCKET, listen_fd,                //
      MHD_OPTION_URI_LOG_CALLBACK, &UriCallback, this,    //
      MHD_OPTION_NOTIFY_COMPLETED, &CompletedCallback, this, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(options_.connections_max), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      options_.connection_bytes_max, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(absl::ToInt64Seconds(options_.idle_timeout)),  //
      MHD_OPTION_ARRAY, tls_options.data(), MHD_OPTION_END);
  if (daemon_ != nullptr) {
    return absl::OkStatus();
  }
  const std::string said = start_error_.empty() ? "no reason given" : start_error_;
  return tls() ? absl::InvalidArgumentError(
                     absl::StrCat("cannot serve with this certificate and key: ", said))
               : absl::UnavailableError(absl::StrCat("cannot start the HTTP server: ", said));
}

void HttpServer::Impl::Stop() {
  const MutexLock lock(run_mu_);
  if (daemon_ == nullptr) {
    return;
  }
  stopping_ = true;  // before the list is read: a request that is not on it will see this
  loop_->Stop();
  loop_thread_.join();
  CloseAll();
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
  loop_ = nullptr;
  port_ = 0;
}

// A suspended connection must be resumed before its daemon stops.
void HttpServer::Impl::CloseAll() {
  std::vector<std::shared_ptr<MhdExchange>> live;
  {
    const MutexLock lock(mu_);
    for (const auto& [key, exchange] : live_) {
      live.push_back(exchange);
    }
  }
  for (const auto& exchange : live) {
    exchange->Close();
  }
}

std::string HttpServer::Impl::url() const {
  const int bound = port_;
  return bound == 0
             ? ""
             : absl::StrCat(tls() ? "https://" : "http://", HostPort(options_.address, bound));
}

MhdExchange* HttpServer::Impl::Begin(const char* target, MHD_Connection& connection) {
  auto exchange = std::make_shared<MhdExchange>(connection, *loop_, target);
  MhdExchange* key = exchange.get();
  const MutexLock lock(mu_);
  live_.emplace(key, std::move(exchange));
  return key;
}

void HttpServer::Impl::End(MhdExchange* exchange) {
  exchange->Detach();
  std::shared_ptr<MhdExchange> last;  // outlives the lock: its end may run the handler's own code
  const MutexLock lock(mu_);
  if (const auto it = live_.find(exchange); it != live_.end()) {
    last = std::move(it->second);
    live_.erase(it);
  }
}

MHD_Result HttpServer::Impl::OnRequest(MhdExchange& exchange, const char* method, const char* data,
                                       std::size_t* size) {
  if (stopping_) {
    return MHD_NO;
  }
  if (exchange.FirstCall()) {
    exchange.ReadHead(method);
    return MHD_YES;
  }
  if (*size > 0) {
    exchange.AppendBody(data, *size, options_.body_bytes_max);
    *size = 0;
    return MHD_YES;
  }
  if (exchange.FirstDispatch()) {
    if (exchange.too_large()) {
      exchange.Send({.status = 413,
                     .body = absl::StrCat("the request body must not be over ",
                                          options_.body_bytes_max, " bytes\n")});
    } else {
      handler_(exchange.TakeRequest(), [kept = exchange.shared_from_this()](HttpServerResponse r) {
        kept->Send(std::move(r));
      });
    }
  }
  return exchange.Proceed();
}

// Called first of all for a request, with the target as sent; what it returns is *exchange below.
void* HttpServer::Impl::UriCallback(void* self, const char* target, MHD_Connection* connection) {
  return static_cast<Impl*>(self)->Begin(target, *connection);
}

// lint: the parameters are libmicrohttpd's
MHD_Result HttpServer::Impl::AccessCallback(void* self, MHD_Connection* /*connection*/,
                                            const char* /*url*/, const char* method,
                                            const char* /*version*/, const char* data,
                                            std::size_t* size, void** exchange) {
  return static_cast<Impl*>(self)->OnRequest(*static_cast<MhdExchange*>(*exchange), method, data,
                                             size);
}

void HttpServer::Impl::CompletedCallback(void* self, MHD_Connection* /*connection*/,
                                         void** exchange, MHD_RequestTerminationCode /*how*/) {
  if (*exchange != nullptr) {
    static_cast<Impl*>(self)->End(static_cast<MhdExchange*>(*exchange));
    *exchange = nullptr;
  }
}

// Only what is said before the server runs is kept: afterwards it is about clients that left.
void HttpServer::Impl::LogCallback(void* self, const char* format, va_list arguments) {
  auto& impl = *static_cast<Impl*>(self);
  if (impl.port_ != 0 || !impl.start_error_.empty()) {
    return;
  }
  char text[512] = {};
  (void)std::vsnprintf(text, sizeof(text), format, arguments);
  impl.start_error_ = std::string(absl::StripSuffix(text, "\n"));
}

HttpServer::HttpServer(HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
  impl_->Stop();
}

absl::Status HttpServer::Start() {
  return impl_->Start();
}

void HttpServer::Stop() {
  impl_->Stop();
}

int HttpServer::port() const {
  return impl_->port();
}

std::string HttpServer::url() const {
  return impl_->url();
}

}  // namespace roomkeeper
