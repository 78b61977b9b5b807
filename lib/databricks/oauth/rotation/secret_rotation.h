#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"

#include "lib/databricks/api/secrets_api.h"
#include "lib/databricks/oauth/credentials.h"
#include "lib/databricks/oauth/rotation/rotation_plan.h"
#include "lib/databricks/oauth/rotation/rotation_record.h"
#include "lib/databricks/oauth/token_source.h"
#include "lib/databricks/rest_client.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"

namespace roomkeeper {

// What came of it, or would.
struct RotationReport {
  struct Secret {
    std::string id = {};
    absl::Time created_at = absl::InfinitePast();
    absl::Time expires_at = absl::InfiniteFuture();
    bool known = false;  // one of our files holds it
  };
  absl::Status status = absl::OkStatus();  // else whose move it is; nothing is lost by repeating
  std::vector<std::string> steps = {};     // done, or of a plan to be done
  std::vector<Secret> secrets = {};        // of the principal on the platform, as last seen
};

// Replaces the OAuth secret of a service principal, by itself and without a moment without one: a
// new secret is made through the platform, written to that file of two which is needed less, proved
// by a token, written to the other file, and only then what it replaced is deleted. After each act
// it looks anew and asks NextStep, so a run that died anywhere is gone on with by the next. Loop
// thread only; files are written on it.
class SecretRotation : public std::enable_shared_from_this<SecretRotation> {
 public:
  struct Ports {
    RestClient& rest;
    TokenSource& tokens;
    Loop& loop;
    Log& log;
    absl::BitGenRef random;
  };
  struct Options {
    std::string shard = {};  // for the log
    std::string client_id = {};
    std::vector<Credential> credentials = {};
    RotationRecordFile record = {};
    bool plan = false;  // says what would be done, and does nothing
  };
  using Done = std::function<void(RotationReport)>;

  // The ports outlive it. `done` runs once, never inside the call. One at a time for a principal.
  static void Run(Ports ports, Options options, Done done);

  SecretRotation(Ports ports, Options options, Done done);

 private:
  absl::Status Prepare();
  void Look();
  void ListThenProve();
  void Looked(const std::vector<CredentialStatus>& statuses);
  absl::Status ReadSlots(std::vector<RotationSlot>& slots) const;
  void Act(const RotationStep& step);
  void Delete(const std::string& id);
  void Create(const RotationStep& step);
  void Created(std::size_t slot, RotationRecord::Attempt attempt,
               const CallResult<wire::MadeSecret>& made);
  void Copy(std::size_t slot);
  absl::Status Write(std::size_t slot, const Secret& secret);
  absl::Status Save();
  void Note(const std::string& what);
  void LookAfter(absl::Status act);
  // If that is not OK, cleans up what it can, then ends with it.
  void FailAfterLook(absl::Status why);
  void End(absl::Status status);

  const Ports ports_;
  const Options options_;
  Done done_;
  std::vector<std::size_t> of_slot_ = {};  // the credential of each slot
  std::string principal_id_ = {};
  RotationView view_ = {};
  RotationReport report_ = {};
  absl::Status failure_ = absl::OkStatus();
  int looks_ = 0;
  int creates_ = 0;
};

}  // namespace roomkeeper
