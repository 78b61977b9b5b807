#include "lib/databricks/oauth/rotation/secret_rotation.h"

#include <algorithm>
#include <utility>

#include "absl/random/uniform_int_distribution.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"
#include "lib/databricks/api/metastore_api.h"

namespace roomkeeper {
namespace {

using Kind = RotationStep::Kind;

// The most that the platform gives, less a number of seconds that tells our secrets from others.
constexpr absl::Duration kLifetimeMax = absl::Hours(24 * 730);
constexpr std::int64_t kMarkMax = 1'000'000;
// A create that arrives later than that is not recognised any more, and stays unknown.
constexpr absl::Duration kAttemptsKept = absl::Hours(24);
constexpr int kLooksMax = 40;
constexpr int kCreatesMax = 2;

absl::Status Failed(absl::string_view what, const CallFailure& failure) {
  if (failure.error == CallError::kDenied) {
    return absl::PermissionDeniedError(
        absl::StrCat(what, ": ", failure.message,
                     ". The principal may not manage its own secrets: make it a manager of itself "
                     "(role servicePrincipal.manager)"));
  }
  return absl::UnavailableError(absl::StrCat(what, ": ", failure.message, "; repeat it"));
}

}  // namespace

void SecretRotation::Run(Ports ports, Options options, Done done) {
  const auto run = std::make_shared<SecretRotation>(ports, std::move(options), std::move(done));
  ports.loop.Post([run] {
    if (absl::Status status = run->Prepare(); !status.ok()) {
      run->End(std::move(status));
    } else {
      run->Look();
    }
  });
}

SecretRotation::SecretRotation(Ports ports, Options options, Done done)
    : ports_(ports), options_(std::move(options)), done_(std::move(done)) {}

absl::Status SecretRotation::Prepare() {
  for (std::size_t i = 0; i < options_.credentials.size(); ++i) {
    const Credential& credential = options_.credentials[i];
    if (credential.kind != Credential::Kind::kClientSecret) {
      continue;
    }
    if (credential.write == nullptr) {
      return absl::FailedPreconditionError(absl::StrCat(
          credential.name, " is in an environment variable, which cannot be changed: name a file"));
    }
    RK_RETURN_IF_ERROR(credential.check_write());
    of_slot_.push_back(i);
  }
  if (of_slot_.size() < 2) {
    return absl::FailedPreconditionError(
        "a rotation needs two files, client_secret_file and client_secret_2_file, of which the "
        "second need not be there yet");
  }
  return absl::OkStatus();
}

void SecretRotation::Look() {
  if (++looks_ > kLooksMax) {
    End(absl::InternalError("the rotation comes to no end"));
    return;
  }
  const absl::StatusOr<std::string> text = options_.record.read();
  absl::StatusOr<RotationRecord> record =
      text.ok() ? ParseRotationRecord(*text) : absl::StatusOr<RotationRecord>(text.status());
  absl::Status status = record.status();
  if (status.ok()) {
    view_.record = *std::move(record);
    status = ReadSlots(view_.slots);
  }
  if (!status.ok()) {
    End(std::move(status));
    return;
  }
  if (!principal_id_.empty()) {
    ListThenProve();
    return;
  }
  GetIdentity(ports_.rest, [self = shared_from_this()](const CallResult<wire::Identity>& me) {
    if (!me.ok()) {
      self->End(Failed("asking who we are", me.failure));
    } else if (me.value.user_name != self->options_.client_id || me.value.id.empty()) {
      self->End(absl::FailedPreconditionError(
          absl::StrCat("the credentials are of ", me.value.user_name, ", not of client_id ",
                       self->options_.client_id)));
    } else {
      self->principal_id_ = me.value.id;
      self->ListThenProve();
    }
  });
}

// In this order: a secret of ours that is accepted after the list was made is in the list.
void SecretRotation::ListThenProve() {
  ListSecrets(ports_.rest, principal_id_,
              [self = shared_from_this()](CallResult<std::vector<wire::PlatformSecret>> all) {
                if (!all.ok()) {
                  self->End(Failed("listing the principal's secrets", all.failure));
                  return;
                }
                self->view_.listed = std::move(all.value);
                self->ports_.tokens.Prove([self](const std::vector<CredentialStatus>& statuses) {
                  self->Looked(statuses);
                });
              });
}

absl::Status SecretRotation::ReadSlots(std::vector<RotationSlot>& slots) const {
  slots.clear();
  for (const std::size_t i : of_slot_) {
    const Credential& credential = options_.credentials[i];
    RotationSlot slot = {.name = credential.name};
    const absl::StatusOr<Secret> secret = credential.read();
    if (secret.ok()) {
      slot.hash = Sha256Hex(secret->Reveal());
    } else if (!absl::IsNotFound(secret.status())) {
      return secret.status();  // what it holds may be in use
    }
    slots.push_back(std::move(slot));
  }
  return absl::OkStatus();
}

void SecretRotation::Looked(const std::vector<CredentialStatus>& statuses) {
  std::vector<RotationSlot> now;
  absl::Status status = ReadSlots(now);
  for (std::size_t i = 0; i < now.size() && status.ok(); ++i) {
    const CredentialStatus& proved = statuses[of_slot_[i]];
    // A message beside it: it was accepted once, and could not be asked now.
    now[i].accepted = proved.state == CredentialStatus::State::kAccepted && proved.message.empty();
    now[i].in_use = proved.in_use;
    if (now[i].hash != view_.slots[i].hash) {
      status = absl::AbortedError(
          absl::StrCat(now[i].name, " was changed by somebody else meanwhile; repeat it"));
    }
  }
  if (!status.ok()) {
    End(std::move(status));
    return;
  }
  view_.slots = std::move(now);
  view_.now = ports_.loop.clock().Now();
  const std::vector<std::string> known = ReplacedBy(view_);
  report_.secrets.clear();
  for (const wire::PlatformSecret& secret : view_.listed) {
    report_.secrets.push_back(
        {.id = secret.id,
         .created_at = secret.created_at,
         .expires_at = secret.expires_at,
         .known = std::find(known.begin(), known.end(), secret.id) != known.end()});
  }
  if (options_.plan) {
    report_.steps = ForeseeSteps(view_);
    End(absl::OkStatus());
    return;
  }
  Act(NextStep(view_));
}

void SecretRotation::Act(const RotationStep& step) {
  switch (step.kind) {
    case Kind::kDelete:
      Note(step.message);
      Delete(step.id);
      return;
    case Kind::kForget:
      view_.record.made.reset();
      view_.record.open = false;
      view_.record.replaced.clear();
      LookAfter(Save());
      return;
    case Kind::kCreate:
      if (!failure_.ok()) {
        End(failure_);
        return;
      }
      Create(step);
      return;
    case Kind::kCopy:
      Note(step.message);
      Copy(step.slot);
      return;
    case Kind::kFinish:
      view_.record.open = false;
      view_.record.replaced.clear();
      view_.rotated = true;
      LookAfter(Save());
      return;
    case Kind::kDone:
      End(absl::OkStatus());
      return;
    case Kind::kStuck:
      End(failure_.ok() ? absl::FailedPreconditionError(step.message) : failure_);
      return;
  }
}

void SecretRotation::Delete(const std::string& id) {
  DeleteSecret(ports_.rest, principal_id_, id,
               [self = shared_from_this(), id](const CallResult<Empty>& gone) {
                 if (gone.ok() || gone.failure.error == CallError::kNotFound) {
                   self->Look();
                 } else {
                   self->End(Failed(absl::StrCat("deleting secret ", id), gone.failure));
                 }
               });
}

void SecretRotation::Create(const RotationStep& step) {
  Note(step.message);
  ++creates_;
  std::vector<RotationRecord::Attempt>& attempts = view_.record.attempts;
  attempts.erase(std::remove_if(attempts.begin(), attempts.end(),
                                [&](const RotationRecord::Attempt& it) {
                                  return it.begun_at + kAttemptsKept < view_.now;
                                }),
                 attempts.end());
  absl::BitGenRef random = ports_.random;
  const absl::Duration mark =
      absl::Seconds(absl::uniform_int_distribution<std::int64_t>(1, kMarkMax)(random));
  const RotationRecord::Attempt attempt = {.lifetime = kLifetimeMax - mark, .begun_at = view_.now};
  attempts.push_back(attempt);
  if (absl::Status saved = Save(); !saved.ok()) {
    End(std::move(saved));
    return;
  }
  CreateSecret(
      ports_.rest, principal_id_, attempt.lifetime,
      [self = shared_from_this(), slot = step.slot,
       attempt](const CallResult<wire::MadeSecret>& made) { self->Created(slot, attempt, made); });
}

void SecretRotation::Created(std::size_t slot, RotationRecord::Attempt attempt,
                             const CallResult<wire::MadeSecret>& made) {
  RotationRecord& record = view_.record;
  if (made.failure.error == CallError::kUnknownOutcome && creates_ < kCreatesMax) {
    Look();  // it may be there, without anybody knowing its value
    return;
  }
  if (made.failure.error == CallError::kUnknownOutcome) {
    FailAfterLook(Failed("making a secret", made.failure));
    return;
  }
  record.attempts.erase(std::remove_if(record.attempts.begin(), record.attempts.end(),
                                       [&](const RotationRecord::Attempt& it) {
                                         return it.lifetime == attempt.lifetime;
                                       }),
                        record.attempts.end());
  if (!made.ok()) {
    (void)Save();  // else the attempt is looked for in vain
    End(Failed("making a secret", made.failure));
    return;
  }
  record.replaced = ReplacedBy(view_);
  record.made = {.id = made.value.secret.id, .hash = Sha256Hex(made.value.value.Reveal())};
  record.open = true;
  absl::Status kept = Save();
  if (kept.ok()) {
    kept = Write(slot, made.value.value);
  }
  FailAfterLook(std::move(kept));
}

void SecretRotation::Copy(std::size_t slot) {
  const std::string& hash = view_.record.made->hash;
  absl::Status copied = absl::AbortedError("the new secret is in no file any more; repeat it");
  for (std::size_t i = 0; i < of_slot_.size(); ++i) {
    const absl::StatusOr<Secret> secret = options_.credentials[of_slot_[i]].read();
    if (secret.ok() && Sha256Hex(secret->Reveal()) == hash) {
      copied = Write(slot, *secret);
      break;
    }
  }
  LookAfter(std::move(copied));
}

absl::Status SecretRotation::Write(std::size_t slot, const Secret& secret) {
  std::string line = absl::StrCat(secret.Reveal(), "\n");
  absl::Status written = options_.credentials[of_slot_[slot]].write(line);
  Wipe(line);
  return written;
}

absl::Status SecretRotation::Save() {
  return options_.record.write(FormatRotationRecord(view_.record));
}

void SecretRotation::Note(const std::string& what) {
  ports_.log.Info("secret rotation", {{"shard", options_.shard}, {"step", what}});
  report_.steps.push_back(what);
}

void SecretRotation::LookAfter(absl::Status act) {
  if (act.ok()) {
    Look();
  } else {
    End(std::move(act));
  }
}

void SecretRotation::FailAfterLook(absl::Status why) {
  if (failure_.ok()) {
    failure_ = std::move(why);
  }
  Look();
}

void SecretRotation::End(absl::Status status) {
  if (!status.ok()) {
    ports_.log.Warning("secret rotation failed",
                       {{"shard", options_.shard}, {"error", std::string(status.message())}});
  }
  report_.status = std::move(status);
  if (const Done done = std::exchange(done_, nullptr)) {
    done(std::move(report_));
  }
}

}  // namespace roomkeeper
