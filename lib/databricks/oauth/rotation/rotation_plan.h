#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/databricks/oauth/rotation/rotation_record.h"
#include "lib/databricks/wire/secrets_json.h"

namespace roomkeeper {

// The core of a rotation: what is to be done next, from what is known. Pure. After a crash the same
// question is asked again, so going on is no special case.

// A file of ours that holds a secret.
struct RotationSlot {
  std::string name = {};  // "client_secret"
  std::string hash = {};  // SHA-256 of the secret; empty: there is none
  bool accepted = false;  // it got a token just now
  bool in_use = false;    // it got the token of now
};

struct RotationView {
  RotationRecord record = {};
  std::vector<wire::PlatformSecret> listed = {};
  std::vector<RotationSlot> slots = {};  // at least two
  absl::Time now = absl::InfinitePast();
  bool rotated = false;  // this run has come to the end of one
};

struct RotationStep {
  enum class Kind : std::uint8_t {
    kDelete,  // secret `id`, which is provably ours and in no file of ours
    kForget,  // `made` is gone: what was begun with it is over
    kCreate,  // into file `slot`
    kCopy,    // `made` into file `slot` too
    kFinish,  // close the record
    kDone,
    kStuck,  // somebody must act; the message says what
  };
  Kind kind = Kind::kDone;
  std::string id = {};
  std::size_t slot = 0;
  std::string message = {};  // for people
};

RotationStep NextStep(const RotationView& view);

// What a new secret would replace: ids of secrets that our files hold. By their hash if the
// platform's is SHA-256, and by counting: if there are as many unknown secrets as files with a
// secret that was accepted and not found, they are those.
std::vector<std::string> ReplacedBy(const RotationView& view);

// All steps from here, in words, if each of them succeeds.
std::vector<std::string> ForeseeSteps(RotationView view);

}  // namespace roomkeeper
