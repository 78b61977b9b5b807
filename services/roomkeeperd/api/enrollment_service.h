#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/enrollment.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class EnrollmentServiceImpl final : public v1::EnrollmentService::CallbackService {
 public:
  EnrollmentServiceImpl(FrontDesk& desk, const CommandContext& commands)
      : desk_(desk), commands_(commands) {}

  grpc::ServerUnaryReactor* CreateEnrollmentCode(grpc::CallbackServerContext* context,
                                                 const v1::CreateEnrollmentCodeRequest* request,
                                                 v1::EnrollmentCode* response) override;
  grpc::ServerUnaryReactor* ListEnrollmentCodes(grpc::CallbackServerContext* context,
                                                const v1::ListEnrollmentCodesRequest* request,
                                                v1::ListEnrollmentCodesResponse* response) override;
  grpc::ServerUnaryReactor* RevokeEnrollmentCode(grpc::CallbackServerContext* context,
                                                 const v1::RevokeEnrollmentCodeRequest* request,
                                                 v1::EnrollmentCode* response) override;
  grpc::ServerUnaryReactor* ExchangeEnrollmentCode(
      grpc::CallbackServerContext* context, const v1::ExchangeEnrollmentCodeRequest* request,
      v1::ExchangeEnrollmentCodeResponse* response) override;
  grpc::ServerUnaryReactor* ListEnrollments(grpc::CallbackServerContext* context,
                                            const v1::ListEnrollmentsRequest* request,
                                            v1::ListEnrollmentsResponse* response) override;
  grpc::ServerUnaryReactor* ApproveEnrollment(grpc::CallbackServerContext* context,
                                              const v1::ApproveEnrollmentRequest* request,
                                              v1::Enrollment* response) override;
  grpc::ServerUnaryReactor* RefuseEnrollment(grpc::CallbackServerContext* context,
                                             const v1::RefuseEnrollmentRequest* request,
                                             v1::Enrollment* response) override;

 private:
  // Of an ApproveEnrollmentRequest or a RefuseEnrollmentRequest.
  template <typename Request>
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context, const char* method,
                                   const Request& request, bool approve, v1::Enrollment* response);

  FrontDesk& desk_;
  const CommandContext& commands_;
};

}  // namespace roomkeeper
