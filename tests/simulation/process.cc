#include "tests/simulation/process.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {

void WatchedLog::Write(LogLevel level, absl::string_view message,
                       std::initializer_list<LogField> fields) {
  for (const LogField& field : fields) {
    const auto* text = std::get_if<std::string>(&field.value);
    if (text == nullptr || text->empty()) {
      continue;
    }
    for (const std::string& secret : platform_.secrets()) {
      if (absl::StrContains(*text, secret)) {
        absl::StrAppend(&violations_, "R8: a secret is logged; ");
      }
    }
  }
  if (level == LogLevel::kError) {
    absl::StrAppend(&violations_, "a bug was logged: ", message);
    for (const LogField& field : fields) {
      if (const auto* text = std::get_if<std::string>(&field.value); text != nullptr) {
        absl::StrAppend(&violations_, " ", field.key, "=", *text);
      }
    }
    absl::StrAppend(&violations_, "; ");
  }
}

Process::Process(Ground& ground, int number)
    : ground_(ground),
      loop_(ground.scheduler, owner_),
      log_(ground.platform),
      store_(ground.scheduler, owner_, ground.engine, ground.disk, ground.witness),
      http_(ground.network, ground.scheduler, owner_),
      provider_({.loop = loop_,
                 .http = http_,
                 .log = log_,
                 .metrics = ground.metrics,
                 .random = ground.scheduler.random()},
                {ground.platform.Shard()}, "simulation"),
      keys_(store_, loop_.clock()),
      call_audit_(std::make_shared<CallAudit>(store_, loop_, log_, CallAuditOptions())),
      context_{.jobs = store_,
               .brands = store_,
               .enrollments = store_,
               .audit = store_,
               .call_audit = *call_audit_,
               .packages = ground.packages,
               .shards = ground.shards,
               .provider = provider_.for_callers(),
               .loop = loop_,
               .keys = keys_,
               .hub = hub_,
               .provenance = ground.provenance,
               .clock = loop_.clock(),
               .settings = {.page_token_key = Secret("page token key"),
                            .claim_for = absl::StrCat("boot-", number),
                            .provision_deadline = ground.job_deadline,
                            .teardown_deadline = ground.job_deadline,
                            .delete_grace = ground.delete_grace}} {
  EngineOptions options = ground.options;
  options.owner = context_.settings.claim_for;
  engine_ = std::make_unique<Engine>(EngineDeps{.loop = loop_,
                                                .store = store_,
                                                .provider = provider_,
                                                .packages = ground.packages,
                                                .provenance = ground.provenance,
                                                .metrics = ground.metrics,
                                                .log = log_,
                                                .chance = ground.scheduler.random()},
                                     options);
  store_.SetCommitListener([this](const CommitNotice& notice) {
    engine_->OnCommit(notice);
    hub_.OnCommit(notice);
  });
  engine_->Start();
}

Process::~Process() {
  ground_.scheduler.Kill(owner_);  // before what its events hold on to goes
}

void Process::Interrupt(std::int64_t events, Scheduler::Task then) {
  owner_->interrupted_at = owner_->events + 1 + events;
  owner_->interrupt = std::move(then);
}

}  // namespace roomkeeper::testing
