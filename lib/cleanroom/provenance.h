#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/base/secret.h"
#include "lib/model/ids.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// What the mark in a room's comment says of it.
enum class MarkVerdict : std::uint8_t {
  kNoMark,         // none that can be read
  kOtherInstance,  // of another Roomkeeper: its room, not ours
  kInvalid,  // names us, but the signature does not hold: spoofed, copied from another room, or
             // another key
  kOurs,
};

// Why a room is not ours, as a clause for people; empty of kOurs.
std::string WhyNotOurs(MarkVerdict verdict);

// The readable fields of a mark. Worth something only with kOurs.
struct ProvenanceMark {
  std::string service_instance = {};
  JobId job = {};           // that created the room
  std::string digest = {};  // ImmutableDigest of the spec it was created from
};

// Digest (32 hex characters) of what can not be changed once a room is made: name, place,
// collaborators, packaged mode, shared output, egress. The invitee's workspace id is in it, which
// the platform never shows again: an equal digest is the only witness of it. The comment is not.
std::string ImmutableDigest(const RoomSpec& spec);

// Signs and checks marks, so that adoption cannot be spoofed and a lost database can be rebuilt. A
// mark is bound to the name of its room: copied to another room it proves nothing. Immutable,
// thread-safe.
class Provenance {
 public:
  // `service_instance` matches [a-z][a-z0-9-]{0,39}; `key` is the same on every replica and after
  // every restart: without it no room is provably ours.
  Provenance(std::string service_instance, Secret key);

  // Human text, a space, and the mark: what goes into RoomSpec::comment.
  std::string Comment(absl::string_view human_text, const RoomSpec& spec, const JobId& job) const;

  MarkVerdict Verify(absl::string_view comment, absl::string_view room_name) const;

  const std::string& service_instance() const { return service_instance_; }

 private:
  std::string Sign(const ProvenanceMark& mark, absl::string_view room_name) const;

  std::string service_instance_;
  Secret key_;
};

// The last mark in the text, unverified.
std::optional<ProvenanceMark> ParseMark(absl::string_view comment);

}  // namespace roomkeeper
