#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "absl/time/time.h"

#include "lib/http/curl_client.h"
#include "lib/http/http_client.h"

namespace roomkeeper {

struct CurlEasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;

// One easy handle and the request it carries now; reused for the next request, since setting up a
// handle costs more than a request. Stays where it is: curl holds pointers into it.
class CurlTransfer {
 public:
  // Null if curl is out of memory.
  static std::unique_ptr<CurlTransfer> Make(const CurlOptions& options, CURLSH* share);
  ~CurlTransfer() {
    Forget();
    Wipe(result_.body);
  }
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // False if a header cannot be sent as it is (it has a control character).
  bool Prepare(HttpRequest request, absl::Duration timeout);
  // What came of it. Leaves the transfer ready for the next Prepare.
  HttpResult Finish(CURLcode code);

  CURL* easy() const { return easy_.get(); }
  static CurlTransfer& Of(CURL* easy);

  HttpClient::Done done = {};

 private:
  CurlTransfer(CurlEasy easy, const CurlOptions& options);
  bool PrepareHeaders();
  void PrepareMethod();
  void Forget();  // what was sent
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int OnRequest(void* self, char*, char*, int, int);

  CurlEasy easy_;
  const std::size_t body_bytes_max_;
  HttpRequest request_ = {};
  HttpResult result_ = {};
  int attempts_ = 0;  // times the connection stood and the request was about to be written
  bool headers_whole_ = false;  // the empty line after the final ones has come
  std::string ca_file_ = {};
  std::vector<std::string> header_lines_ = {};
  std::vector<curl_slist> header_list_ = {};
  std::array<char, CURL_ERROR_SIZE> error_ = {};
};

}  // namespace roomkeeper
