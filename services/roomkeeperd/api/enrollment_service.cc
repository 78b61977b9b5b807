#include "services/roomkeeperd/api/enrollment_service.h"

#include <memory>
#include <string>

#include "lib/commands/enrollment/codes.h"
#include "lib/commands/enrollment/exchange_code.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

BrandId BrandOf(const std::string& name) {
  return ParseBrandPath(name).value_or(BrandPath()).brand;
}

EnrollmentPolicy PolicyOr(v1::EnrollmentPolicy policy, EnrollmentPolicy unspecified) {
  return policy == v1::ENROLLMENT_POLICY_UNSPECIFIED ? unspecified
                                                     : static_cast<EnrollmentPolicy>(policy);
}

CreateCodeInput InputOf(const v1::CreateEnrollmentCodeRequest& request) {
  const v1::EnrollmentCode& code = request.enrollment_code();
  return {.code = {.brand = BrandOf(request.parent()),
                   .display_name = code.display_name(),
                   .policy = PolicyOr(code.policy(), EnrollmentPolicy::kApprove),
                   .otherwise = PolicyOr(code.otherwise(), EnrollmentPolicy::kRefuse),
                   .uses_max = code.uses_max(),
                   .packages = PackagesFromProto(code.packages()),
                   .rooms_max = code.rooms_max(),
                   .metastores = {code.metastores().begin(), code.metastores().end()},
                   .email_domains = {code.email_domains().begin(), code.email_domains().end()},
                   .expires_at = FromProto(code.expire_time())},
          .request_id = request.request_id()};
}

ExchangeInput InputOf(const v1::ExchangeEnrollmentCodeRequest& request) {
  return {.code = Secret(request.code()),
          .nonce = Secret(request.client_nonce()),
          .install = InstallId(request.install_id()),
          .global_metastore_id = request.global_metastore_id(),
          .workspace_id = request.invite_recipient_workspace_id(),
          .invite_recipient_email = request.invite_recipient_email()};
}

void Encode(const EnrollmentCode& code, v1::EnrollmentCode& out) {
  out.set_name(FormatName(code.id));
  out.set_brand(FormatName(code.brand));
  out.set_display_name(code.display_name);
  out.set_policy(static_cast<v1::EnrollmentPolicy>(code.policy));
  out.set_otherwise(static_cast<v1::EnrollmentPolicy>(code.otherwise));
  out.set_uses_max(code.uses_max);
  out.set_uses(code.uses);
  ToProto(code.expires_at, *out.mutable_expire_time());
  PackagesToProto(code.packages, *out.mutable_packages());
  out.set_rooms_max(code.rooms_max);
  out.mutable_metastores()->Add(code.metastores.begin(), code.metastores.end());
  out.mutable_email_domains()->Add(code.email_domains.begin(), code.email_domains.end());
  ToProto(code.created_at, *out.mutable_create_time());
  if (code.revoked_at.has_value()) {
    ToProto(*code.revoked_at, *out.mutable_revoke_time());
  }
}

void Encode(const Enrollment& enrollment, v1::Enrollment& out) {
  out.set_name(FormatName(enrollment.id));
  out.set_enrollment_code(FormatName(enrollment.code));
  out.set_install(FormatName(enrollment.brand, enrollment.install));
  out.set_global_metastore_id(enrollment.global_metastore_id);
  out.set_invite_recipient_workspace_id(enrollment.workspace_id);
  out.set_invite_recipient_email(enrollment.invite_recipient_email);
  out.set_state(static_cast<v1::Enrollment::State>(enrollment.state));
  out.set_mismatch(enrollment.mismatch);
  if (enrollment.state == EnrollmentState::kApproved) {
    out.set_api_key(FormatName(KeyOf(enrollment.id)));
  }
  ToProto(enrollment.created_at, *out.mutable_create_time());
  if (enrollment.decided_at.has_value()) {
    ToProto(*enrollment.decided_at, *out.mutable_decide_time());
  }
}

void Encode(const Exchanged& exchanged, v1::ExchangeEnrollmentCodeResponse& out) {
  out.set_state(static_cast<v1::Enrollment::State>(exchanged.enrollment.state));
  out.set_enrollment(FormatName(exchanged.enrollment.id));
  if (exchanged.enrollment.state != EnrollmentState::kApproved) {
    return;
  }
  out.set_key(exchanged.key.Reveal());
  out.set_install(FormatName(exchanged.install.brand, exchanged.install.id));
  PackagesToProto(exchanged.install.packages, *out.mutable_packages());
  out.set_rooms_max(exchanged.install.rooms_max);
}

}  // namespace

grpc::ServerUnaryReactor* EnrollmentServiceImpl::CreateEnrollmentCode(
    grpc::CallbackServerContext* context, const v1::CreateEnrollmentCodeRequest* request,
    v1::EnrollmentCode* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.EnrollmentService.CreateEnrollmentCode",
                          *request, [this, request, response](const CallPtr& call) {
                            CreateCode(commands_, call->principal(), InputOf(*request),
                                       [call, response](const absl::StatusOr<NewCode>& result) {
                                         call->End(result, [&](const NewCode& made) {
                                           Encode(made.code, *response);
                                           response->set_code(made.text.Reveal());
                                         });
                                       });
                          });
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::ListEnrollmentCodes(
    grpc::CallbackServerContext* context, const v1::ListEnrollmentCodesRequest* request,
    v1::ListEnrollmentCodesResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.EnrollmentService.ListEnrollmentCodes",
                          *request, [this, request, response](const CallPtr& call) {
                            ListCodes(
                                commands_, BrandOf(request->parent()),
                                PageSizeOf(request->page_size()), request->page_token(),
                                [call, response](const absl::StatusOr<ListCodesOutput>& result) {
                                  call->End(result, [&](const ListCodesOutput& page) {
                                    for (const EnrollmentCode& code : page.codes) {
                                      Encode(code, *response->add_enrollment_codes());
                                    }
                                    response->set_next_page_token(page.next_page_token);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::RevokeEnrollmentCode(
    grpc::CallbackServerContext* context, const v1::RevokeEnrollmentCodeRequest* request,
    v1::EnrollmentCode* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.EnrollmentService.RevokeEnrollmentCode", *request,
      [this, request, response](const CallPtr& call) {
        RevokeCode(commands_, call->principal(),
                   ParseEnrollmentCodeName(request->name()).value_or(EnrollmentCodeId()),
                   [call, response](const absl::StatusOr<EnrollmentCode>& result) {
                     call->End(result,
                               [&](const EnrollmentCode& code) { Encode(code, *response); });
                   });
      });
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::ExchangeEnrollmentCode(
    grpc::CallbackServerContext* context, const v1::ExchangeEnrollmentCodeRequest* request,
    v1::ExchangeEnrollmentCodeResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.EnrollmentService.ExchangeEnrollmentCode", *request,
      [this, request, response](const CallPtr& call) {
        roomkeeper::ExchangeEnrollmentCode(
            commands_, call->principal(), InputOf(*request),
            [call, response](const Proved& proved, const absl::StatusOr<Exchanged>& result) {
              if (proved.by_code) {
                call->By(proved.principal);
              }
              call->End(result, [&](const Exchanged& exchanged) { Encode(exchanged, *response); });
            });
      });
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::ListEnrollments(
    grpc::CallbackServerContext* context, const v1::ListEnrollmentsRequest* request,
    v1::ListEnrollmentsResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.EnrollmentService.ListEnrollments", *request,
      [this, request, response](const CallPtr& call) {
        ListEnrollmentsInput input{.brand = BrandOf(request->parent()),
                                   .limit = PageSizeOf(request->page_size()),
                                   .page_token = request->page_token()};
        if (request->state() != v1::Enrollment::STATE_UNSPECIFIED) {
          input.state = static_cast<EnrollmentState>(request->state());
        }
        ListEnrollmentRows(commands_, input,
                           [call, response](const absl::StatusOr<ListEnrollmentsOutput>& result) {
                             call->End(result, [&](const ListEnrollmentsOutput& page) {
                               for (const Enrollment& one : page.enrollments) {
                                 Encode(one, *response->add_enrollments());
                               }
                               response->set_next_page_token(page.next_page_token);
                             });
                           });
      });
}

template <typename Request>
grpc::ServerUnaryReactor* EnrollmentServiceImpl::Decide(grpc::CallbackServerContext* context,
                                                        const char* method, const Request& request,
                                                        bool approve, v1::Enrollment* response) {
  return UnaryCall::Serve(
      desk_, context, method, request, [this, &request, approve, response](const CallPtr& call) {
        DecideHeld(commands_, call->principal(),
                   ParseEnrollmentName(request.name()).value_or(EnrollmentId()), approve,
                   [call, response](const absl::StatusOr<Enrollment>& result) {
                     call->End(result,
                               [&](const Enrollment& decided) { Encode(decided, *response); });
                   });
      });
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::ApproveEnrollment(
    grpc::CallbackServerContext* context, const v1::ApproveEnrollmentRequest* request,
    v1::Enrollment* response) {
  return Decide(context, "roomkeeper.v1.EnrollmentService.ApproveEnrollment", *request,
                /*approve=*/true, response);
}

grpc::ServerUnaryReactor* EnrollmentServiceImpl::RefuseEnrollment(
    grpc::CallbackServerContext* context, const v1::RefuseEnrollmentRequest* request,
    v1::Enrollment* response) {
  return Decide(context, "roomkeeper.v1.EnrollmentService.RefuseEnrollment", *request,
                /*approve=*/false, response);
}

}  // namespace roomkeeper
