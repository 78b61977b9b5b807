#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

#include "lib/model/audit.h"
#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

// Part of lib/store/ops.h.

// kNotFound: no such brand. kAlreadyExists: the id is taken.
struct CreateEnrollmentCode {
  struct Result {
    // As CreateApiKey's.
    enum class Outcome : std::uint8_t { kInserted, kReplayed, kRequestIdReused };
    Outcome outcome = Outcome::kInserted;
    EnrollmentCode code = {};
  };
  std::string caller_scope = {};
  std::string request_id = {};  // empty: no idempotency asked for
  std::string request_hash = {};
  EnrollmentCode code = {};
  AuditStampPtr audit = {};
};

// kNotFound. Revoking twice keeps the first time.
struct RevokeEnrollmentCode {
  struct Result {
    EnrollmentCode code = {};
  };
  EnrollmentCodeId id = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

// An app exchanges a code whose secret it was proved to have. `asked` becomes a row, with the
// install and the key if it is enrolled; its state, mismatch and times are set here. The same
// asked.id again is the same exchange. kNotFound: no such code.
struct ExchangeCode {
  struct Result {
    // In the order in which they are checked: a known exchange is answered as it stands, whatever
    // became of the code since, unless that was revoked.
    enum class Outcome : std::uint8_t {
      kEnrolled,      // now or before: `enrollment` is APPROVED, `install` is the row
      kHeld,          // now or before
      kRevoked,       // the code
      kOtherBinding,  // asked.id is known, and asked for another install, place or person
      kRefused,       // … and an operator refused it
      kKeyRevoked,    // … and its key was revoked since
      kExpired,       // the code
      kUsedUp,        // uses_max reached
      kMismatch,      // `problem`: MismatchOf, and the code refuses others
      kTaken,         // the install's id, or its metastore and workspace, are another's
    };
    Outcome outcome = Outcome::kEnrolled;
    Enrollment enrollment = {};
    Install install = {};
    std::string problem = {};
  };
  Enrollment asked = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

// An operator decides a held exchange. A refused one gives its use of the code back. kNotFound.
// kFailedPrecondition: it was decided otherwise, or its code is revoked. kAlreadyExists: as kTaken.
// Deciding it again as before changes nothing.
struct DecideEnrollment {
  struct Result {
    Enrollment enrollment = {};
  };
  EnrollmentId id = {};
  bool approve = false;
  absl::Time now = {};
  AuditStampPtr audit = {};
};

}  // namespace roomkeeper
