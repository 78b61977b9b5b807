#include <string>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/operations.grpc.pb.h"
#include "roomkeeper/v1/server.grpc.pb.h"

#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"
#include "services/version/version.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kBackupPatience = absl::Hours(1);

ExitCode Version(CommandContext& context) {
  const absl::Status server = FindConnection(context.arguments()).status();
  if (!context.json()) {
    context.out() << "roomctl:       " << kVersion << " (" << kCommit << ")" << '\n';
  }
  if (!server.ok()) {
    context.err() << "no server was asked: " << server.message() << '\n';
    return ExitCode::kOk;
  }
  if (context.connection() == nullptr) {
    return ExitCode::kUsage;
  }
  v1::ServerInfo info;
  if (const auto status = CallServer<v1::ServerService>(
          context, &v1::ServerService::Stub::GetServerInfo, v1::GetServerInfoRequest(), info);
      !status.ok()) {
    return context.Fail(status);
  }
  if (context.json()) {
    context.PrintJson(info);
    return ExitCode::kOk;
  }
  PrintFields({{"server", absl::StrCat(info.version(), " (", info.commit(), ")")},
               {"running since", Text(info.start_time())},
               {"you are", info.caller().parent().empty() ? "an operator" : info.caller().parent()},
               {"role", Text(info.caller().operator_role())},
               {"ci", Text(info.caller().ci())},
               {"api key", info.caller().api_key()},
               {"signed in with", info.caller().api_key().empty() ? info.caller().identity() : ""}},
              context.out());
  if (info.packages_size() > 0) {
    context.out() << "linked with " << info.packages_size() << " packages: -o json has them\n";
  }
  for (const v1::Deprecation& deprecation : info.deprecations()) {
    context.out() << "deprecated: " << deprecation.what() << ", use " << deprecation.replacement()
                  << ", goes after " << Text(deprecation.sunset_time()) << '\n';
  }
  return ExitCode::kOk;
}

void PrintBackup(const v1::BackupStoreResponse& backup, std::ostream& out) {
  PrintFields({{"backup", backup.path()},
               {"bytes", absl::StrCat(backup.size_bytes())},
               {"schema version", absl::StrCat(backup.schema_version())},
               {"took", Text(backup.duration())}},
              out);
  out << "The file is on the server's machine; the provenance key is not in it.\n";
}

ExitCode Doctor(CommandContext& context) {
  v1::CheckShardsRequest request;
  request.set_shard(context.arguments().Get("shard"));
  v1::CheckShardsResponse answer;
  const auto stub = v1::OperationsService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(absl::Minutes(2));
  if (const auto status = stub->CheckShards(call.get(), request, &answer); !status.ok()) {
    return context.Fail(status);
  }
  bool all_ok = true;
  std::vector<std::vector<std::string>> rows = {{"", "SHARD", "CHECK", "FOUND"}};
  for (const v1::ShardCheck& check : answer.checks()) {
    all_ok = all_ok && check.ok();
    rows.push_back({check.ok() ? "ok" : "!!", check.shard(), check.name(), check.message()});
    if (!check.ok()) {
      rows.push_back({"", "", "  to do", check.fix()});
    }
  }
  if (context.json()) {
    context.PrintJson(answer);
  } else {
    PrintTable(rows, context.out());
  }
  return all_ok ? ExitCode::kOk : ExitCode::kRequestWrong;
}

ExitCode Backup(CommandContext& context) {
  v1::BackupStoreResponse answer;
  const auto stub = v1::OperationsService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall(kBackupPatience);
  if (const auto status = stub->BackupStore(call.get(), {}, &answer); !status.ok()) {
    return context.Fail(status);
  }
  Show(context, answer, &PrintBackup);
  return ExitCode::kOk;
}

}  // namespace

std::vector<Command> ServerCommands() {
  return {
      {"",
       "version",
       "",
       "Show the server's version and who you are to it",
       0,
       0,
       {},
       &Version,
       /*offline=*/true},
      {"",
       "doctor",
       "",
       "Check credentials, scope, privileges, tables, quota, clock (operator)",
       0,
       0,
       {{"shard", "NAME", "only this one"}},
       &Doctor},
      {"",
       "backup",
       "",
       "Copy the store, while it serves, to the server's store.backup_dir (operator)",
       0,
       0,
       {},
       &Backup},
  };
}

}  // namespace roomkeeper
