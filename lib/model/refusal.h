#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace roomkeeper {

// One wrong field of a request: `field` as a path ("clean_room.labels"), `description` with the
// value seen and the values allowed.
struct FieldViolation {
  std::string field = {};
  std::string description = {};
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// Why a request is not done, in full: what a caller needs in order to act. It travels as an
// absl::Status with payloads, so every layer can pass it on (and Annotate it); the RPC boundary
// turns it into google.rpc details. A status that carries no refusal is an error of ours.
struct Refusal {
  absl::StatusCode code = absl::StatusCode::kInternal;
  std::string reason = {};  // upper snake, from lib/model/reasons.h
  std::string message = {};
  std::map<std::string, std::string> metadata = {};
  std::vector<FieldViolation> violations = {};
  absl::Duration retry_after = absl::ZeroDuration();  // zero: no advice
};

absl::Status ToStatus(const Refusal& refusal);
// Of a credential: the caller did not prove who it is.
absl::Status Unauthenticated(const char* reason, std::string message);
// Nothing if the status carries none. Code and message are the status's own.
std::optional<Refusal> FindRefusal(const absl::Status& status);
// The reason alone, or empty.
std::string ReasonOf(const absl::Status& status);

}  // namespace roomkeeper
