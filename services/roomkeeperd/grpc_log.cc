#include "services/roomkeeperd/grpc_log.h"

#include <atomic>
#include <cstdint>
#include <string>

#include <grpc/support/log.h>

#include "lib/obs/log.h"

namespace roomkeeper {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): gRPC takes a plain function
std::atomic<Log*> grpc_log = nullptr;

LogLevel LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return LogLevel::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

void Forward(gpr_log_func_args* args) {
  if (Log* log = grpc_log.load(); log != nullptr) {
    log->Write(LevelOf(args->severity), "grpc",
               {{"error", std::string(args->message)},
                {"file", std::string(args->file)},
                {"line", static_cast<std::int64_t>(args->line)}});
  }
}

}  // namespace

void RouteGrpcLog(Log& log) {
  grpc_log.store(&log);
  gpr_set_log_function(&Forward);
  gpr_log_verbosity_init();  // errors, or what GRPC_VERBOSITY says; grpc_init would do it later
}

}  // namespace roomkeeper
