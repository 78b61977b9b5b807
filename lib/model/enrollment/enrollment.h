#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/brand.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// What is done with an app that exchanges a code.
enum class EnrollmentPolicy : std::uint8_t {
  kApprove = 1,  // it is enrolled at once
  kHold = 2,     // an operator decides
  kRefuse = 3,
};

// What an operator gives a brand, so that its app can enrol itself. Only the hash is stored: the
// app sends "rke_<id>_<secret>".
struct EnrollmentCode {
  EnrollmentCodeId id = {};
  BrandId brand = {};
  std::string display_name = {};
  std::string secret_sha256 = {};
  EnrollmentPolicy policy = EnrollmentPolicy::kApprove;    // of apps that are as it says below
  EnrollmentPolicy otherwise = EnrollmentPolicy::kRefuse;  // of all others: kRefuse or kHold
  std::int32_t uses_max = 1;
  std::int32_t uses = 0;                        // held ones too
  std::vector<PackageName> packages = {};       // becomes Install::packages
  std::int32_t rooms_max = 0;                   // … and rooms_max
  std::vector<std::string> metastores = {};     // "aws", "aws:us-west-2" or a whole id; empty: any
  std::vector<std::string> email_domains = {};  // of the invitee; empty: any
  absl::Time created_at = {};
  absl::Time expires_at = {};
  std::optional<absl::Time> revoked_at = {};
  friend bool operator==(const EnrollmentCode&, const EnrollmentCode&) = default;
};

enum class EnrollmentState : std::uint8_t { kHeld = 1, kApproved = 2, kRefused = 3 };

// One exchange of a code: what the app asked for, and what became of it.
struct Enrollment {
  EnrollmentId id = {};
  EnrollmentCodeId code = {};
  BrandId brand = {};
  InstallId install = {};
  std::string global_metastore_id = {};
  std::int64_t workspace_id = 0;
  std::string invite_recipient_email = {};
  std::string key_sha256 = {};  // of the secret of the key that it makes, apiKeys/<id>
  EnrollmentState state = EnrollmentState::kHeld;
  std::string mismatch = {};  // MismatchOf when it was asked
  absl::Time created_at = {};
  std::optional<absl::Time> decided_at = {};
  friend bool operator==(const Enrollment&, const Enrollment&) = default;
};

// The id of the key that it makes.
inline ApiKeyId KeyOf(const EnrollmentId& enrollment) {
  return ApiKeyId(enrollment.value());
}

// Whether both ask for the same install, bound to the same place and person.
bool SameBinding(const Enrollment& a, const Enrollment& b);

// In what the app is not as the code says, and what that allows, for people; empty: in nothing.
std::string MismatchOf(const EnrollmentCode& code, const Enrollment& asked);

}  // namespace roomkeeper
