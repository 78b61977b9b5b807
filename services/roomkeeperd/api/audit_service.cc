#include "services/roomkeeperd/api/audit_service.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "lib/commands/audit/read_audit.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

ListAuditInput InputOf(const v1::ListAuditEntriesRequest& request) {
  ListAuditInput input{.parent = ParseBrandPath(request.parent()).value_or(BrandPath()),
                       .query = {.method = request.method(),
                                 .actor = request.api_key(),
                                 .resource = request.resource(),
                                 .limit = PageSizeOf(request.page_size())},
                       .page_token = request.page_token()};
  if (request.outcome() != v1::AuditEntry::OUTCOME_UNSPECIFIED) {
    input.query.outcome = static_cast<AuditOutcome>(request.outcome());
  }
  if (request.has_start_time()) {
    input.query.since = FromProto(request.start_time());
  }
  if (request.has_end_time()) {
    input.query.until = FromProto(request.end_time());
  }
  return input;
}

// To the nanosecond, where other answers have microseconds: it is hashed.
void Exactly(absl::Time time, google::protobuf::Timestamp& out) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  const absl::Duration rest = time - absl::FromUnixSeconds(seconds);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
}

void Encode(const AuditEntry& entry, v1::AuditEntry& out) {
  out.set_sequence(entry.seq);
  out.set_previous_hash(entry.previous_hash);
  out.set_hash(entry.hash);
  if (!entry.brand.empty()) {
    out.set_brand(FormatName(entry.brand));
  }
  out.set_brand_sequence(entry.brand_seq);
  out.set_brand_previous_hash(entry.brand_previous_hash);
  out.set_brand_hash(entry.brand_hash);
  Exactly(entry.at, *out.mutable_time());
  Exactly(entry.until, *out.mutable_end_time());
  out.set_count(entry.count);
  out.set_actor(static_cast<v1::AuditEntry::Actor>(entry.actor_kind));
  out.set_api_key(entry.actor);
  if (!entry.install.empty()) {
    out.set_install(FormatName(entry.brand, entry.install));
  }
  out.set_unverified_on_behalf_of(entry.on_behalf_of);
  out.set_method(entry.method);
  out.set_resource(entry.resource);
  out.set_job(entry.job);
  out.set_outcome(static_cast<v1::AuditEntry::Outcome>(entry.outcome));
  out.set_code(entry.code);
  out.set_reason(entry.reason);
  out.set_request_id(entry.request_id);
  out.set_trace_id(entry.trace_id);
  out.set_peer(entry.peer);
}

}  // namespace

grpc::ServerUnaryReactor* AuditServiceImpl::ListAuditEntries(
    grpc::CallbackServerContext* context, const v1::ListAuditEntriesRequest* request,
    v1::ListAuditEntriesResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.AuditService.ListAuditEntries", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::ListAuditEntries(
                                commands_, call->principal(), InputOf(*request),
                                [call, response](const absl::StatusOr<ListAuditOutput>& result) {
                                  call->End(result, [&](const ListAuditOutput& page) {
                                    for (const AuditEntry& entry : page.entries) {
                                      Encode(entry, *response->add_audit_entries());
                                    }
                                    response->set_next_page_token(page.next_page_token);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* AuditServiceImpl::VerifyAudit(grpc::CallbackServerContext* context,
                                                        const v1::VerifyAuditRequest* request,
                                                        v1::VerifyAuditResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.AuditService.VerifyAudit", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::VerifyAudit(
                                commands_,
                                {.seq = request->known_sequence(), .hash = request->known_hash()},
                                [call, response](const absl::StatusOr<AuditVerdict>& result) {
                                  call->End(result, [&](const AuditVerdict& verdict) {
                                    response->set_intact(verdict.problem.empty());
                                    response->set_problem(verdict.problem);
                                    response->set_entries_checked(verdict.entries);
                                    response->set_erased_to_sequence(verdict.anchor.seq);
                                    response->set_last_sequence(verdict.head.seq);
                                    response->set_last_hash(verdict.head.hash);
                                  });
                                });
                          });
}

}  // namespace roomkeeper
