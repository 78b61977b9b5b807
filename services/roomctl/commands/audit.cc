#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <google/protobuf/util/json_util.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "roomkeeper/v1/audit.grpc.pb.h"

#include "lib/base/clock.h"
#include "lib/store/audit/audit_chain.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kVerifyPatience = absl::Hours(1);

std::string Short(const std::string& name, absl::string_view prefix) {
  return std::string(absl::StripPrefix(name, prefix));
}

std::string Actor(const v1::AuditEntry& entry) {
  if (!entry.api_key().empty()) {
    return entry.api_key();
  }
  return Short(v1::AuditEntry::Actor_Name(entry.actor()), "ACTOR_");
}

std::string Outcome(const v1::AuditEntry& entry) {
  std::string text = Short(v1::AuditEntry::Outcome_Name(entry.outcome()), "OUTCOME_");
  if (entry.code() != "OK") {
    absl::StrAppend(&text, " ", entry.reason().empty() ? entry.code() : entry.reason());
  }
  if (entry.count() > 1) {
    absl::StrAppend(&text, " x", entry.count());
  }
  return text;
}

google::protobuf::Timestamp Before(absl::Duration ago) {
  google::protobuf::Timestamp time;
  time.set_seconds(absl::ToUnixSeconds(SystemClock().Now() - ago));
  return time;
}

// Nothing: the error was printed.
std::optional<v1::ListAuditEntriesRequest> RequestOf(CommandContext& context,
                                                     std::optional<absl::Duration> since) {
  const Arguments& arguments = context.arguments();
  v1::ListAuditEntriesRequest request;
  request.set_parent(arguments.Get("parent"));
  request.set_method(arguments.Get("method"));
  request.set_api_key(arguments.Get("api-key"));
  request.set_resource(arguments.Get("resource"));
  const std::string outcome = arguments.Get("outcome");
  v1::AuditEntry::Outcome wanted = v1::AuditEntry::OUTCOME_UNSPECIFIED;
  if (!outcome.empty() && !v1::AuditEntry::Outcome_Parse("OUTCOME_" + outcome, &wanted)) {
    context.Usage(absl::InvalidArgumentError(absl::StrCat(
        "--outcome must be DONE, NO_CHANGE, REFUSED or DENIED, got \"", outcome, "\"")));
    return std::nullopt;
  }
  request.set_outcome(wanted);
  const auto given = arguments.Duration("since");
  if (!given.ok()) {
    context.Usage(given.status());
    return std::nullopt;
  }
  since = given->has_value() ? *given : since;
  if (since.has_value()) {
    *request.mutable_start_time() = Before(*since);
  }
  return request;
}

grpc::Status CallPage(CommandContext& context, grpc::ClientContext* call,
                      const v1::ListAuditEntriesRequest& request,
                      v1::ListAuditEntriesResponse* answer) {
  return v1::AuditService::NewStub(context.connection()->channel())
      ->ListAuditEntries(call, request, answer);
}

ExitCode List(CommandContext& context) {
  const auto request = RequestOf(context, absl::Hours(24));
  if (!request.has_value()) {
    return ExitCode::kUsage;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NUMBER", "TIME", "WHO", "FROM", "METHOD", "ABOUT", "OUTCOME"}};
  return ListPages<v1::ListAuditEntriesResponse>(
      context, *request,
      [&](auto* call, const auto& ask, auto* answer) {
        return CallPage(context, call, ask, answer);
      },
      [&rows](const v1::ListAuditEntriesResponse& page) {
        for (const v1::AuditEntry& entry : page.audit_entries()) {
          rows.push_back(
              {absl::StrCat(entry.sequence() > 0 ? entry.sequence() : entry.brand_sequence()),
               Text(entry.time()), Actor(entry), entry.peer(),
               entry.method().substr(entry.method().rfind('.') + 1), entry.resource(),
               Outcome(entry)});
        }
      },
      rows);
}

// Page by page: the log may be long.
ExitCode Export(CommandContext& context) {
  auto request = RequestOf(context, std::nullopt);
  if (!request.has_value()) {
    return ExitCode::kUsage;
  }
  request->set_page_size(500);
  do {
    v1::ListAuditEntriesResponse page;
    const auto call = context.connection()->NewCall();
    if (const auto status = CallPage(context, call.get(), *request, &page); !status.ok()) {
      return context.Fail(status);
    }
    for (const v1::AuditEntry& entry : page.audit_entries()) {
      context.PrintJson(entry);
    }
    request->set_page_token(page.next_page_token());
  } while (!request->page_token().empty());
  return ExitCode::kOk;
}

void PrintVerdict(const v1::VerifyAuditResponse& verdict, std::ostream& out) {
  PrintFields({{"intact", verdict.intact() ? "yes" : "NO"},
               {"problem", verdict.problem()},
               {"entries checked", absl::StrCat(verdict.entries_checked())},
               {"erased for age up to", absl::StrCat(verdict.erased_to_sequence())},
               {"end", absl::StrCat(verdict.last_sequence(), ":", verdict.last_hash())}},
              out);
  if (verdict.intact()) {
    out << "Keep the end elsewhere, and give it to the next verification with --known.\n";
  }
}

ExitCode Verify(CommandContext& context) {
  v1::VerifyAuditRequest request;
  const std::string known = context.arguments().Get("known");
  const std::pair<std::string, std::string> parts = absl::StrSplit(known, absl::MaxSplits(':', 1));
  std::int64_t sequence = 0;
  if (!known.empty() && (!absl::SimpleAtoi(parts.first, &sequence) || parts.second.empty())) {
    return context.Usage(absl::InvalidArgumentError(absl::StrCat(
        "--known must be NUMBER:HASH, as an earlier verify printed its end, got \"", known, "\"")));
  }
  request.set_known_sequence(sequence);
  request.set_known_hash(parts.second);
  v1::VerifyAuditResponse verdict;
  const auto stub = v1::AuditService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(kVerifyPatience);
  if (const auto status = stub->VerifyAudit(call.get(), request, &verdict); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, verdict, &PrintVerdict);
  return verdict.intact() ? ExitCode::kOk : ExitCode::kRequestWrong;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// What is hashed of an exported entry.
AuditEntry EntryOf(const v1::AuditEntry& line) {
  const std::string own = absl::StrCat(line.brand(), "/installs/");
  return {.seq = line.sequence(),
          .brand = BrandId(Short(line.brand(), "brands/")),
          .brand_seq = line.brand_sequence(),
          .at = TimeOf(line.time()),
          .until = TimeOf(line.end_time()),
          .count = line.count(),
          .actor_kind = static_cast<ActorKind>(line.actor()),
          .actor = line.api_key(),
          .install = InstallId(Short(line.install(), own)),
          .on_behalf_of = line.unverified_on_behalf_of(),
          .method = line.method(),
          .resource = line.resource(),
          .job = line.job(),
          .outcome = static_cast<AuditOutcome>(line.outcome()),
          .code = line.code(),
          .reason = line.reason(),
          .request_id = line.request_id(),
          .trace_id = line.trace_id(),
          .peer = line.peer(),
          .previous_hash = line.previous_hash(),
          .hash = line.hash(),
          .brand_previous_hash = line.brand_previous_hash(),
          .brand_hash = line.brand_hash()};
}

void PrintChecked(CommandContext& context, const v1::VerifyAuditResponse& verdict) {
  if (context.json()) {
    context.PrintJson(verdict);
  } else {
    PrintVerdict(verdict, context.out());
  }
}

ExitCode Check(CommandContext& context) {
  const std::string& path = context.words()[0];
  std::ifstream file(path);
  if (!file) {
    return context.Usage(absl::InvalidArgumentError(absl::StrCat("cannot read ", path)));
  }
  std::optional<AuditChecker> checker;
  v1::VerifyAuditResponse verdict;
  int number = 0;
  for (std::string text; verdict.problem().empty() && std::getline(file, text);) {
    ++number;
    v1::AuditEntry line;
    if (!google::protobuf::util::JsonStringToMessage(text, &line).ok()) {
      verdict.set_problem(absl::StrCat("line ", number, " is no exported entry"));
      break;
    }
    if (!checker.has_value()) {
      checker.emplace(
          line.sequence() > 0 ? AuditChecker::Chain::kWhole : AuditChecker::Chain::kBrand,
          std::nullopt);
      const std::int64_t first = line.sequence() > 0 ? line.sequence() : line.brand_sequence();
      verdict.set_erased_to_sequence(first - 1);
    }
    if (const auto wrong = checker->Take(EntryOf(line))) {
      verdict.set_problem(*wrong);
      break;
    }
    verdict.set_entries_checked(verdict.entries_checked() + 1);
  }
  if (number == 0) {
    verdict.set_problem("the file has no entry");
  }
  if (checker.has_value()) {
    verdict.set_last_sequence(checker->head().seq);
    verdict.set_last_hash(checker->head().hash);
  }
  verdict.set_intact(verdict.problem().empty());
  PrintChecked(context, verdict);
  return verdict.intact() ? ExitCode::kOk : ExitCode::kRequestWrong;
}

}  // namespace

std::vector<Command> AuditCommands() {
  const std::vector<FlagSpec> filters = {
      {"parent", "NAME", "brands/…, or an install of it; operators: default all"},
      {"method", "NAME", "CreateCleanRoom"},
      {"api-key", "NAME", "apiKeys/…"},
      {"resource", "NAME", "it, or what is below it"},
      {"outcome", "OUTCOME", "DONE, NO_CHANGE, REFUSED or DENIED"},
      {"since", "DURATION", "so long ago; default of list: 24h, of export: all"}};
  return {
      {"audit", "list", "", "Show who did what, and who was denied", 0, 0, filters, &List},
      {"audit", "export", "", "Write entries as JSON lines", 0, 0, filters, &Export},
      {"audit",
       "verify",
       "",
       "Have the server compute all hashes of the log anew; exit 1 if one is wrong (operator)",
       0,
       0,
       {{"known", "NUMBER:HASH", "the end of an earlier verification: it must still be there"}},
       &Verify},
      {"audit",
       "check",
       "FILE",
       "Compute the hashes of an unfiltered export, without a server; exit 1 if one is wrong",
       1,
       1,
       {},
       &Check,
       /*offline=*/true},
  };
}

}  // namespace roomkeeper
