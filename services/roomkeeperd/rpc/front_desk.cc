#include "services/roomkeeperd/rpc/front_desk.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "roomkeeper/v1/clean_room.pb.h"
#include "roomkeeper/v1/operations.pb.h"

#include "lib/auth/api_key.h"
#include "lib/base/status_macros.h"
#include "lib/commands/refusals.h"
#include "lib/crypto/digest.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/model/resource_name.h"
#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/audit/call_stamp.h"
#include "services/roomkeeperd/rpc/gate/ci_gate.h"
#include "services/roomkeeperd/rpc/gate/token_guard.h"
#include "services/roomkeeperd/rpc/request_rules.h"
#include "services/roomkeeperd/rpc/status_codec.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kTraceIdLength = 32;
constexpr std::size_t kSpanIdLength = 16;
constexpr std::size_t kTraceIdBytes = 16;

absl::string_view Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end()
             ? absl::string_view()
             : absl::string_view(found->second.data(), found->second.size());
}

std::vector<std::string> PeerNames(const grpc::AuthContext& peer, const char* property) {
  std::vector<std::string> names;
  for (const grpc::string_ref& name : peer.FindPropertyValues(property)) {
    names.emplace_back(name.data(), name.size());
  }
  return names;
}

Credentials CredentialsOf(const grpc::CallbackServerContext& context) {
  Credentials found;
  found.ambiguous = context.client_metadata().count("authorization") > 1;
  const absl::string_view text = Metadata(context, "authorization");
  found.bearer = Secret(std::string(BearerOf(text)));
  const auto peer = context.auth_context();
  if (text.empty() && peer != nullptr && peer->IsPeerAuthenticated()) {
    found.certificate_san = NameOfCertificate(PeerNames(*peer, GRPC_PEER_URI_PROPERTY_NAME),
                                              PeerNames(*peer, GRPC_PEER_DNS_PROPERTY_NAME));
  }
  return found;
}

// Who it is all the same: said only to who has the right secret, or a token with a good signature.
std::string ProvenCaller(const grpc::CallbackServerContext& context, const absl::Status& refused) {
  const std::string why = ReasonOf(refused);
  if (why == reason::kApiKeyExpired || why == reason::kApiKeyRevoked) {
    return FormatName(IdOf(CredentialsOf(context).bearer));
  }
  const Refusal refusal = FindRefusal(refused).value_or(Refusal());
  const auto identity = refusal.metadata.find("identity");
  return identity == refusal.metadata.end() ? std::string() : identity->second;
}

bool IsHex(absl::string_view text, std::size_t length) {
  return text.size() == length &&
         text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

bool IsId(absl::string_view text, std::size_t length) {
  return IsHex(text, length) && text.find_first_not_of('0') != absl::string_view::npos;
}

// W3C trace context: "00-<trace id>-<parent id>-<flags>"; a later version may go on after that.
std::string TraceIdOf(const grpc::CallbackServerContext& context) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(Metadata(context, "traceparent"), '-');
  if (parts.size() >= 4 && IsHex(parts[0], 2) && parts[0] != "ff" &&
      (parts[0] != "00" || parts.size() == 4) && IsId(parts[1], kTraceIdLength) &&
      IsId(parts[2], kSpanIdLength) && IsHex(parts[3], 2)) {
    return std::string(parts[1]);
  }
  return absl::BytesToHexString(RandomBytes(kTraceIdBytes));
}

std::string RequestIdOf(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  return field == nullptr ? std::string() : request.GetReflection()->GetString(request, field);
}

// "JobService/GetJob": the label of its metrics.
std::string LabelOf(const std::string& method) {
  absl::string_view text = method;
  absl::ConsumePrefix(&text, "roomkeeper.v1.");
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  return absl::StrCat(parts.front(), "/", parts.back());
}

template <typename Request>
const Request* As(const google::protobuf::Message& request) {
  return google::protobuf::DynamicCastToGenerated<Request>(&request);
}

// Whether its answer waits for the platform; what changes something mostly waits for the store
// only.
bool WaitsForPlatform(const Grant& grant, const google::protobuf::Message& request) {
  if (const auto* get = As<v1::GetRunnableNotebookRequest>(request); get != nullptr) {
    return get->refresh();
  }
  if (const auto* remove = As<v1::DeleteCleanRoomRequest>(request); remove != nullptr) {
    return !remove->force();  // then it asks for active runs first
  }
  return grant.effect == Effect::kReadsPlatform ||
         As<v1::AdoptCleanRoomRequest>(request) != nullptr ||
         As<v1::ForgetCleanRoomRequest>(request) != nullptr;
}

}  // namespace

FrontDesk::FrontDesk(const Deps& deps, FrontDeskLimits limits)
    : callers_(deps.callers),
      clock_(deps.clock),
      log_(deps.log),
      metrics_(deps.metrics),
      audit_(deps.audit),
      jobs_(deps.jobs),
      admission_(limits, deps.metrics),
      exchanges_(limits.exchanges) {
  (void)drain_.Add([this] { admission_.SendLinesAway(ShuttingDown()); });
}

CallRecord FrontDesk::Open(const grpc::CallbackServerContext& context, const char* method) const {
  const Grant* grant = FindGrant(method);
  return {.method = method,
          .grant = grant,
          .mutates = grant != nullptr && grant->effect == Effect::kMutates,
          .admitted = {.waits = grant != nullptr && grant->effect == Effect::kWaits},
          .trace_id = TraceIdOf(context),
          .peer = AddressOf(context.peer()),
          .started = clock_.Monotonic()};
}

absl::Status FrontDesk::Judge(const grpc::CallbackServerContext& context, CallRecord& record,
                              const google::protobuf::Message& request) {
  const Principal& principal = record.principal;
  if (!principal.IsOperator()) {
    RK_RETURN_IF_ERROR(admission_.EnterBrand(record.admitted, principal.brand, clock_.Monotonic()));
  }
  RK_RETURN_IF_ERROR(Authorize(record.grant, principal, request));
  RK_RETURN_IF_ERROR(CheckRequest(record.method, request));
  const absl::string_view on_behalf_of = Metadata(context, kOnBehalfOf);
  RK_RETURN_IF_ERROR(CheckOnBehalfOf(on_behalf_of));
  record.on_behalf_of = std::string(on_behalf_of);
  return absl::OkStatus();
}

absl::Status FrontDesk::JudgeCode(CallRecord& record, const google::protobuf::Message& request) {
  RK_RETURN_IF_ERROR(exchanges_.Enter(record.peer, request.ByteSizeLong(), clock_.Monotonic()));
  RK_RETURN_IF_ERROR(CheckRequest(record.method, request));
  record.principal.trace_id = record.trace_id;
  record.principal.stamp = StampOf(record);
  return absl::OkStatus();
}

void FrontDesk::Enter(const grpc::CallbackServerContext& context, CallRecord& record,
                      const google::protobuf::Message& request,
                      std::function<void(absl::Status)> done) {
  record.request = &request;
  absl::Status admitted = drain_.fired() ? ShuttingDown() : admission_.Enter(record.admitted);
  if (!admitted.ok()) {
    done(std::move(admitted));
    return;
  }
  // Before anything else could repeat the value; who sent it is worth knowing all the same.
  absl::Status clean = RefuseCredentials(context, request);
  if (record.grant != nullptr && record.grant->access == Access::kCode) {
    done(clean.ok() ? JudgeCode(record, request) : clean);
    return;
  }
  callers_.Verify(CredentialsOf(context),
                  [this, &context, &record, &request, clean = std::move(clean),
                   done = std::move(done)](absl::StatusOr<Principal> principal) {
                    if (principal.ok()) {
                      record.principal = *std::move(principal);
                      record.authenticated = true;
                      record.principal.trace_id = record.trace_id;
                    } else {
                      record.proven_caller = ProvenCaller(context, principal.status());
                    }
                    if (!clean.ok() || !principal.ok()) {
                      done(clean.ok() ? principal.status() : clean);
                      return;
                    }
                    absl::Status allowed = Judge(context, record, request);
                    if (!allowed.ok()) {
                      done(std::move(allowed));
                      return;
                    }
                    LetIn(record, request, done);
                  });
}

void FrontDesk::LetIn(CallRecord& record, const google::protobuf::Message& request,
                      const std::function<void(absl::Status)>& done) {
  CheckCiNames(jobs_, *record.grant, record.principal, request,
               [this, &record, &request, done](absl::Status seen) {
                 if (!seen.ok()) {
                   done(std::move(seen));
                   return;
                 }
                 if (record.mutates) {
                   record.request_id = RequestIdOf(request);
                   record.principal.stamp = StampOf(record);
                 }
                 if (!WaitsForPlatform(*record.grant, request)) {
                   done(absl::OkStatus());
                   return;
                 }
                 const bool removes = As<v1::DeleteCleanRoomRequest>(request) != nullptr;
                 admission_.EnterPlatform(record.admitted, record.principal.brand, removes, done);
               });
}

grpc::Status FrontDesk::Leave(const CallRecord& record, const absl::Status& status) {
  admission_.Leave(record.admitted);
  const grpc::Status shown = ToGrpc(status, record.trace_id);
  const auto code = static_cast<absl::StatusCode>(shown.error_code());
  const std::string label = LabelOf(record.method);
  const absl::Duration took = clock_.Monotonic() - record.started;
  metrics_.Add(metric::kRpcs, {label, absl::StatusCodeToString(code)});
  if (!record.admitted.waits) {
    metrics_.Observe(metric::kRpcSeconds, {label}, absl::ToDoubleSeconds(took));
  }
  WriteLog(record, status, code, took);
  WriteAudit(record, status, code);
  return shown;
}

void FrontDesk::WriteAudit(const CallRecord& record, const absl::Status& status,
                           absl::StatusCode code) {
  const AuditStampPtr& stamp = record.principal.stamp;
  if (status.ok() && (!record.mutates || (stamp != nullptr && stamp->entered))) {
    return;  // a read, or the store has entered the change
  }
  AuditEntry entry = EntryOf(record, status, code, clock_.Now());
  if (record.mutates || entry.outcome == AuditOutcome::kDenied) {
    audit_.Note(std::move(entry));
  }
}

void FrontDesk::WriteLog(const CallRecord& record, const absl::Status& status,
                         absl::StatusCode code, absl::Duration took) {
  const bool ours = code == absl::StatusCode::kInternal || code == absl::StatusCode::kDataLoss;
  if (!record.mutates && !ours) {
    return;
  }
  log_.Write(ours ? LogLevel::kError : LogLevel::kInfo, "rpc",
             {{"route", record.method},
              {"code", absl::StatusCodeToString(code)},
              {"error", status.ok() ? std::string() : std::string(status.message())},
              {"job", record.job.value()},
              {"shard", record.shard.value()},
              {"trace_id", record.trace_id},
              {"request_id", record.request_id},
              {"api_key", record.principal.key.value()},
              {"identity", record.principal.identity},
              {"brand", (record.brand.empty() ? record.principal.brand : record.brand).value()},
              {"install", record.principal.install.value()},
              {"took_ms", absl::ToInt64Milliseconds(took)}});
}

}  // namespace roomkeeper
