#include "lib/commands/brands/api_keys.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/auth/api_key.h"
#include "lib/auth/key_file.h"
#include "lib/commands/installs.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

absl::Status MadeBefore(const std::string& request_id, const ApiKey& key) {
  const std::string name = FormatName(key.id);
  return ToStatus(
      {.code = absl::StatusCode::kAlreadyExists,
       .reason = reason::kAlreadyExists,
       .message = absl::StrCat("request_id \"", request_id, "\" made ", name,
                               " before, and a key is shown once; if it was lost, revoke "
                               "it and create another with a new request_id"),
       .metadata = {{"resource", name}}});
}

Role RoleOf(const CreateApiKeyInput& input) {
  if (input.ci.has_value()) {
    return Role::kCi;
  }
  return input.parent.brand.empty() ? input.operator_role.value_or(Role::kAdmin) : Role::kBrand;
}

// The one place where it is judged who manages keys of `of`: of a revocation only the row tells.
absl::Status CheckMayManage(const Principal& principal, Role of) {
  return IsOperator(of) && principal.role != Role::kAdmin
             ? RoleTooLow(principal, Role::kAdmin, "to make or revoke an operator's key")
             : absl::OkStatus();
}

absl::Status CheckInput(const CommandContext& context, const Principal& principal,
                        const CreateApiKeyInput& input) {
  if (!input.parent.brand.empty() && input.operator_role.has_value()) {
    return InvalidField("api_key.operator_role",
                        "must be unspecified for a key with a parent: only an operator has one");
  }
  if (input.ci.has_value() && input.parent.install.empty()) {
    return InvalidField("parent", "of a CI key must be an install, \"brands/…/installs/…\"");
  }
  const absl::Duration life_max = context.settings.room_lifetime_max;
  if (input.ci.has_value() && input.ci->ttl_max > life_max) {
    return InvalidField("api_key.ci.ttl_max",
                        absl::StrCat("must be at most ", absl::FormatDuration(life_max),
                                     ", the server's rooms.lifetime_max, got ",
                                     absl::FormatDuration(input.ci->ttl_max)));
  }
  if (input.expires_at && *input.expires_at <= context.clock.Now()) {
    return InvalidField("api_key.expire_time", "must be in the future");
  }
  return CheckMayManage(principal, RoleOf(input));
}

std::string HashOf(const CreateApiKeyInput& input) {
  std::string text = FormatName(input.parent.brand, input.parent.install);
  if (const Role role = RoleOf(input); role == Role::kOperator || role == Role::kViewer) {
    absl::StrAppend(&text, Name(role));  // the others are hashed as before there were roles
  }
  if (input.ci.has_value()) {
    absl::StrAppend(&text, " ", CanonicalText(input.ci->Label()), " ", input.ci->rooms_max, " ",
                    absl::FormatDuration(input.ci->ttl_max));
  }
  return RequestHash("CreateApiKey", {text, input.display_name,
                                      input.expires_at ? absl::FormatTime(*input.expires_at) : ""});
}

void Store(const CommandContext& context, const Principal& principal,
           const CreateApiKeyInput& input, const StoreDone<NewApiKey>& done) {
  MintedKey minted = MintApiKey();
  CreateApiKey op{.caller_scope = CallerScope(principal),
                  .request_id = input.request_id,
                  .request_hash = HashOf(input),
                  .key = {.id = minted.id,
                          .role = RoleOf(input),
                          .brand = input.parent.brand,
                          .install = input.parent.install,
                          .ci = input.ci.value_or(CiScope()),
                          .display_name = input.display_name,
                          .secret_sha256 = std::move(minted.secret_sha256),
                          .created_at = context.clock.Now(),
                          .expires_at = input.expires_at},
                  .audit = principal.stamp};
  context.brands.Create(std::move(op),
                        [text = std::move(minted.text), request_id = input.request_id,
                         done](absl::StatusOr<CreateApiKey::Result> made) {
                          using Outcome = CreateApiKey::Result::Outcome;
                          if (!made.ok()) {
                            done(made.status());
                            return;
                          }
                          switch (made->outcome) {
                            case Outcome::kInserted:
                              done(NewApiKey{.key = std::move(made->key), .text = text});
                              return;
                            case Outcome::kReplayed:
                              done(MadeBefore(request_id, made->key));
                              return;
                            case Outcome::kRequestIdReused:
                              done(RequestIdReused(request_id));
                              return;
                          }
                        });
}

absl::Status Publish(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot rename ", from, " to ", to));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Published(const std::string& from, const std::string& to) {
  const absl::Status published = Publish(from, to);
  if (!published.ok()) {
    return published;
  }
  return true;
}

// The store has an admin's key. Is it the one that a crash left in `draft`?
void FinishEarlier(BrandStore& brands, const PresentedKey& key, const std::string& path,
                   const StoreDone<bool>& done) {
  const std::string draft = absl::StrCat(path, ".new");
  brands.GetApiKey(key.id, [key, path, draft, done](absl::StatusOr<ApiKey> row) {
    if (row.ok() && !row->revoked_at && Matches(*row, key.secret)) {
      done(Published(draft, path));
      return;
    }
    (void)std::remove(draft.c_str());
    done(false);
  });
}

}  // namespace

void CreateApiKeyFor(const CommandContext& context, const Principal& principal,
                     CreateApiKeyInput input, StoreDone<NewApiKey> done) {
  if (absl::Status good = CheckInput(context, principal, input); !good.ok()) {
    done(std::move(good));
    return;
  }
  const BrandPath parent = input.parent;
  if (parent.brand.empty()) {
    Store(context, principal, input, done);
    return;
  }
  if (parent.install.empty()) {
    context.brands.GetBrand(parent.brand, [&context, principal, input = std::move(input),
                                           done = std::move(done)](absl::StatusOr<Brand> brand) {
      if (!brand.ok()) {
        done(NotFoundOr(brand.status(), FormatName(input.parent.brand)));
        return;
      }
      Store(context, principal, input, done);
    });
    return;
  }
  LoadEnrolled(context, parent,
               [&context, principal, input = std::move(input),
                done = std::move(done)](absl::StatusOr<Enrolled> enrolled) {
                 if (!enrolled.ok()) {
                   done(enrolled.status());
                   return;
                 }
                 Store(context, principal, input, done);
               });
}

namespace {

void Revoke(const CommandContext& context, const Principal& principal, const ApiKeyId& id,
            StoreDone<ApiKey> done) {
  RevokeApiKey op{.id = id, .now = context.clock.Now(), .audit = principal.stamp};
  context.brands.Revoke(std::move(op), [&context, id, done = std::move(done)](
                                           absl::StatusOr<RevokeApiKey::Result> revoked) {
    if (!revoked.ok()) {
      done(NotFoundOr(revoked.status(), FormatName(id)));
      return;
    }
    // The commit listener does it too; the promise is made here and does not wait for a hint.
    context.keys.Forget({id});
    done(std::move(revoked->key));
  });
}

}  // namespace

void RevokeApiKeyById(const CommandContext& context, const Principal& principal, ApiKeyId id,
                      StoreDone<ApiKey> done) {
  if (principal.role == Role::kAdmin) {
    Revoke(context, principal, id, std::move(done));
    return;
  }
  // A key's role never changes, so there is no race.
  context.brands.GetApiKey(
      id, [&context, principal, id, done = std::move(done)](absl::StatusOr<ApiKey> key) {
        absl::Status allowed = key.ok() ? CheckMayManage(principal, key->role)
                                        : NotFoundOr(key.status(), FormatName(id));
        if (!allowed.ok()) {
          done(std::move(allowed));
          return;
        }
        Revoke(context, principal, id, done);
      });
}

void BootstrapOperatorKey(BrandStore& brands, const Clock& clock, std::string path,
                          StoreDone<bool> done) {
  const std::string draft = absl::StrCat(path, ".new");
  // A key that a crash left behind is used again: it may be in the store already.
  std::optional<PresentedKey> key;
  if (const auto left = ReadKeyFile(draft); left.ok()) {
    key = ParseApiKey(left->Reveal());
  }
  if (!key) {
    (void)std::remove(draft.c_str());
    const MintedKey minted = MintApiKey();
    if (const absl::Status written = WriteKeyFile(draft, minted.text); !written.ok()) {
      done(written);
      return;
    }
    key = ParseApiKey(minted.text.Reveal());
  }
  CreateApiKey op{.key = {.id = key->id,
                          .role = Role::kAdmin,
                          .display_name = "bootstrap",
                          .secret_sha256 = roomkeeper::HashOf(key->secret),
                          .created_at = clock.Now()},
                  .only_if_no_admin_key = true};
  brands.Create(std::move(op), [&brands, key = *key, path = std::move(path), draft,
                                done = std::move(done)](absl::StatusOr<CreateApiKey::Result> made) {
    if (made.ok()) {
      done(Published(draft, path));
      return;
    }
    if (absl::IsAlreadyExists(made.status())) {
      FinishEarlier(brands, key, path, done);
      return;
    }
    done(made.status());
  });
}

}  // namespace roomkeeper
