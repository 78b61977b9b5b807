#include "lib/config/address.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace roomkeeper {
namespace {

// An IPv6 address stands in brackets, or alone.
absl::string_view HostOf(absl::string_view address) {
  if (absl::StartsWith(address, "[")) {
    const std::size_t end = address.find(']');
    return end == absl::string_view::npos ? "" : address.substr(1, end - 1);
  }
  return std::count(address.begin(), address.end(), ':') == 1 ? address.substr(0, address.find(':'))
                                                              : address;
}

bool IsIpv4(absl::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.';
  });
}

constexpr std::size_t kUrlBytesMax = 512;

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(absl::string_view address) {
  const absl::string_view host = HostOf(address);
  const std::size_t colon = address.rfind(':');
  const bool in_brackets = absl::StartsWith(address, "[");
  const std::size_t host_end = in_brackets ? host.size() + 2 : host.size();
  int port = -1;
  if (host.empty() || colon == absl::string_view::npos || colon != host_end ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be host:port with port in [0, 65535], got \"", address, "\""));
  }
  return HostPort{.host = std::string(host), .port = port};
}

bool IsLoopback(absl::string_view address) {
  const absl::string_view host = HostOf(address);
  return (absl::StartsWith(host, "127.") && IsIpv4(host)) || host == "::1" || host == "localhost";
}

bool IsIssuerUrl(absl::string_view url) {
  if (url.size() > kUrlBytesMax || !absl::ConsumePrefix(&url, "https://")) {
    return false;
  }
  const absl::string_view host = url.substr(0, std::min(url.find('/'), url.size()));
  const auto is_plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("-._:/", absl::string_view(&c, 1));
  };
  return !host.empty() && host.front() != ':' && std::count(host.begin(), host.end(), ':') <= 1 &&
         std::all_of(url.begin(), url.end(), is_plain) && !absl::StrContains(url, "/.") &&
         url.back() != '/';
}

bool IsSameIssuer(absl::string_view a, absl::string_view b) {
  return absl::EqualsIgnoreCase(absl::StripSuffix(a, "/"), absl::StripSuffix(b, "/"));
}

}  // namespace roomkeeper
