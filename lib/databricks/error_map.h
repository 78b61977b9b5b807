#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/http/http_client.h"

namespace roomkeeper {

// What a call wants, as far as its errors mean different things.
enum class RestVerb : std::uint8_t { kRead, kCreate, kUpdate, kDelete };

// An answer as the rest of us sees it: the one place where the platform's errors become ours. Pure.
struct Verdict {
  CallFailure failure = {};  // error kNone: a success, the body is what was asked for
  // The platform refused the access token, in any of the shapes seen (401; 403 with a number for a
  // code; 400 with ExpiredJwtException …): a new token may help, and nothing was done.
  bool token_refused = false;
  // The platform as a whole may be down: no connection, no answer in time, a 5xx that is none. What
  // it refuses, or asks to slow down for, it has answered.
  bool outage = false;
};
Verdict Judge(const HttpResult& result, RestVerb verb, absl::Time now);

// A success whose body cannot be read: a read may be repeated, a write may have been done.
CallFailure Unreadable(RestVerb verb, absl::string_view why);

// "none", "invalid", "unknown_outcome": label values of metrics and logs.
absl::string_view Name(CallError error);

// The call has not learnt what it asked: credentials, or a platform that does not answer.
bool LeavesOpen(CallError error);

}  // namespace roomkeeper
