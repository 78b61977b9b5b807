#include "lib/commands/audit/read_audit.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/store/audit/audit_chain.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kEntriesPerRead = 1000;  // other readers come in between

std::string TextOf(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::StrCat(absl::ToUnixNanos(*time)) : "";
}

// What a page token is bound to.
std::string TextOf(const Principal& principal, const AuditQuery& query) {
  return absl::StrCat("audit\n", CallerScope(principal), "\n",
                      query.brand.value_or(BrandId()).value(), "\n", query.method, "\n",
                      query.actor, "\n", query.resource, "\n",
                      query.outcome ? Name(*query.outcome) : "", "\n", TextOf(query.since), "\n",
                      TextOf(query.until));
}

void ReadPage(const CommandContext& context, const Principal& principal, const std::string& text,
              const AuditQuery& query, const StoreDone<ListAuditOutput>& done) {
  const Secret& key = context.settings.page_token_key;
  context.audit.ListAudit(
      query, [&key, text, done, whole = principal.IsOperator()](absl::StatusOr<AuditPage> page) {
        if (!page.ok()) {
          done(page.status());
          return;
        }
        if (!whole) {
          for (AuditEntry& entry : page->entries) {
            entry = BrandView(std::move(entry));
          }
        }
        done(ListAuditOutput{.entries = std::move(page->entries),
                             .next_page_token = MakePageToken(key, text, page->next)});
      });
}

// One reading of the log, page by page.
struct Walk {
  const CommandContext& context;
  AuditHead known = {};
  AuditVerdict verdict = {};
  std::optional<AuditChecker> checker = {};
  StoreDone<AuditVerdict> done = {};
};
using WalkPtr = std::shared_ptr<Walk>;

// Also what was erased while we read: the log then begins anew at its anchor.
void Begin(Walk& walk, const AuditHead& anchor) {
  walk.verdict.anchor = anchor;
  walk.checker.emplace(AuditChecker::Chain::kWhole, anchor);
}

// False: the walk is over.
bool Take(Walk& walk, const AuditEntry& entry) {
  if (const auto wrong = walk.checker->Take(entry)) {
    walk.verdict.problem = *wrong;
    return false;
  }
  if (entry.seq == walk.known.seq && entry.hash != walk.known.hash) {
    walk.verdict.problem = absl::StrCat("entry ", entry.seq,
                                        " had another hash when it was noted: it, or one before "
                                        "it, was changed, and every hash since was made anew");
    return false;
  }
  ++walk.verdict.entries;
  return true;
}

void End(Walk& walk) {
  walk.verdict.head = walk.checker->head();
  if (walk.verdict.problem.empty() && walk.known.seq > walk.verdict.head.seq) {
    walk.verdict.problem =
        absl::StrCat("entries ", walk.verdict.head.seq + 1, " to ", walk.known.seq,
                     " are missing at the end: one of number ", walk.known.seq, " was noted");
  }
  walk.done(std::move(walk.verdict));
}

void ReadOn(const WalkPtr& walk, std::int64_t after) {
  walk->context.audit.ListAudit(
      {.after = after, .limit = kEntriesPerRead}, [walk](const absl::StatusOr<AuditPage>& page) {
        if (!page.ok()) {
          walk->done(page.status());
          return;
        }
        if (!walk->checker.has_value() && walk->known.seq > 0 &&
            walk->known.seq < page->anchor.seq) {
          walk->done(InvalidField("known_sequence",
                                  absl::StrCat("must be after ", page->anchor.seq, ", got ",
                                               walk->known.seq, ": it was erased for its age")));
          return;
        }
        if (!walk->checker.has_value() || walk->checker->head().seq < page->anchor.seq) {
          Begin(*walk, page->anchor);
        }
        for (const AuditEntry& entry : page->entries) {
          if (!Take(*walk, entry)) {
            End(*walk);
            return;
          }
        }
        if (page->next == 0) {
          End(*walk);
        } else {
          ReadOn(walk, page->next);
        }
      });
}

}  // namespace

void ListAuditEntries(const CommandContext& context, const Principal& principal,
                      ListAuditInput input, StoreDone<ListAuditOutput> done) {
  BrandPath path = input.parent;
  if (path.brand.empty()) {
    path.brand = principal.brand;  // empty for operators: all
  }
  AuditQuery query = std::move(input.query);
  if (!path.brand.empty()) {
    query.brand = path.brand;
  }
  if (!path.install.empty() && query.resource.empty()) {
    query.resource = FormatName(path.brand, path.install);
  }
  const std::string text = TextOf(principal, query);
  const auto after = ParsePageToken(context.settings.page_token_key, text, input.page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  query.after = *after;
  if (!principal.IsOperator()) {
    ReadPage(context, principal, text, query, done);  // it could write an entry for each of its own
    return;
  }
  context.call_audit.Flush([&context, principal, text, query,
                            done = std::move(done)](const absl::Status& /*they come later*/) {
    ReadPage(context, principal, text, query, done);
  });
}

void VerifyAudit(const CommandContext& context, AuditHead known, StoreDone<AuditVerdict> done) {
  const auto walk = std::make_shared<Walk>(Walk{.context = context, .known = std::move(known)});
  walk->done = std::move(done);
  context.call_audit.Flush([walk](const absl::Status& /*they come later*/) { ReadOn(walk, 0); });
}

}  // namespace roomkeeper
