#include "lib/http/curl_transfer.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "lib/base/secret.h"

namespace roomkeeper {
namespace {

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(std::max<std::int64_t>(absl::ToInt64Milliseconds(duration), 1));
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
  });
}

}  // namespace

std::unique_ptr<CurlTransfer> CurlTransfer::Make(const CurlOptions& options, CURLSH* share) {
  CurlEasy handle(curl_easy_init());
  if (handle == nullptr) {
    return nullptr;
  }
  auto transfer = absl::WrapUnique(new CurlTransfer(std::move(handle), options));
  CURL* easy = transfer->easy();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer.get());
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                   std::max(Milliseconds(options.idle_connection_max) / 1000, 1L));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::OnRequest);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer.get());
  return transfer;
}

CurlTransfer::CurlTransfer(CurlEasy easy, const CurlOptions& options)
    : easy_(std::move(easy)), body_bytes_max_(options.body_bytes_max) {}

CurlTransfer& CurlTransfer::Of(CURL* easy) {
  void* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *static_cast<CurlTransfer*>(self);
}

bool CurlTransfer::Prepare(HttpRequest request, absl::Duration timeout) {
  request_ = std::move(request);
  result_ = {};
  attempts_ = 0;
  headers_whole_ = false;
  error_[0] = '\0';
  if (!PrepareHeaders()) {
    Forget();
    return false;
  }
  PrepareMethod();
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(timeout));
  // Over TLS wait for the first connection to tell whether it takes many requests at once.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, absl::StartsWith(request_.url, "https:") ? 1L : 0L);
  if (request_.ca_file != ca_file_) {
    ca_file_ = request_.ca_file;
    const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_.empty() ? built->cainfo : ca_file_.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, ca_file_.empty() ? built->capath : nullptr);
  }
  return true;
}

// The list points into our own strings: curl only reads it, and this saves an allocation a header.
bool CurlTransfer::PrepareHeaders() {
  header_lines_.clear();
  header_list_.clear();
  for (const auto& [name, value] : request_.headers) {
    if (HasControl(name) || HasControl(value)) {
      return false;
    }
    header_lines_.push_back(value.empty() ? absl::StrCat(name, ";")
                                          : absl::StrCat(name, ": ", value));
  }
  header_lines_.emplace_back("Expect:");  // no 100-continue: it costs a round trip
  for (std::string& line : header_lines_) {
    header_list_.push_back({line.data(), nullptr});
  }
  for (std::size_t i = 0; i + 1 < header_list_.size(); ++i) {
    header_list_[i].next = &header_list_[i + 1];
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, header_list_.data());
  return true;
}

void CurlTransfer::PrepareMethod() {
  CURL* easy = easy_.get();
  const bool has_body = request_.method == "POST" || request_.method == "PATCH";
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
  } else {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, nullptr);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  const bool plain = request_.method == "POST" || request_.method == "GET";
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plain ? nullptr : request_.method.c_str());
}

HttpResult CurlTransfer::Finish(CURLcode code) {
  if (code == CURLE_OK &&
      headers_whole_) {  // curl takes an answer cut inside its headers for whole
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    result_.status = static_cast<int>(status);
    result_.transport = HttpResult::Transport::kAnswered;
  } else {
    long sent_bytes = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sent_bytes);
    const bool nothing_sent = attempts_ == 0 || (attempts_ == 1 && sent_bytes == 0);
    result_.transport =
        nothing_sent ? HttpResult::Transport::kNotSent : HttpResult::Transport::kLost;
    const char* known = code == CURLE_OK ? "the answer was cut" : curl_easy_strerror(code);
    result_.error = error_[0] != '\0' ? error_.data() : known;
    result_.headers.clear();
    Wipe(result_.body);
  }
  Forget();
  return std::move(result_);
}

void CurlTransfer::Forget() {
  WipeRequest(request_);
  request_ = {};
  for (std::string& line : header_lines_) {
    Wipe(line);
  }
}

// Room for the whole of a usual answer at once; no more on the word of a header.
constexpr curl_off_t kReservedMax = 1 << 20;
// A token is 1 to 2 KiB.
constexpr std::size_t kSecretAnswerBytes = 8192;

std::size_t CurlTransfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  std::string& body = transfer.result_.body;
  const std::size_t asked = transfer.request_.body_bytes_max;
  const std::size_t most =
      asked == 0 ? transfer.body_bytes_max_ : std::min(asked, transfer.body_bytes_max_);
  if (body.size() + size * count > most) {
    return 0;  // curl ends the transfer with an error: the answer is cut
  }
  if (body.empty()) {
    curl_off_t length = 0;  // negative if the answer does not say
    curl_easy_getinfo(transfer.easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    body.reserve(static_cast<std::size_t>(std::clamp<curl_off_t>(length, 0, kReservedMax)));
  }
  const std::size_t whole = body.size() + size * count;
  if (transfer.request_.secret_answer && whole > body.capacity()) {
    std::string larger;  // else the shorter one is given back as it is
    larger.reserve(std::max(2 * whole, kSecretAnswerBytes));
    larger = body;
    Wipe(body);
    body = std::move(larger);
  }
  body.append(data, size * count);
  return size * count;
}

std::size_t CurlTransfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  auto& headers = transfer.result_.headers;
  const absl::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (absl::StartsWith(line, "HTTP/")) {
    headers.clear();  // those before were of a 1xx answer
    transfer.headers_whole_ = false;
  } else if (colon != absl::string_view::npos) {
    headers.emplace_back(absl::AsciiStrToLower(line.substr(0, colon)),
                         std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  } else if (absl::StripAsciiWhitespace(line).empty()) {
    transfer.headers_whole_ = true;
  }
  return size * count;
}

int CurlTransfer::OnRequest(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  ++transfer.attempts_;
  const bool may_repeat = transfer.request_.method == "GET" || transfer.request_.method == "DELETE";
  return transfer.attempts_ > 1 && !may_repeat ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

}  // namespace roomkeeper
