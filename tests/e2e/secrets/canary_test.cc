// Secrets of every kind, planted wherever one can come in; then everything that comes out is
// searched for them.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "roomkeeper/v1/enrollment.grpc.pb.h"
#include "roomkeeper/v1/operations.grpc.pb.h"
#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/base/clock.h"
#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

// What is no secret and must be found, or the search finds nothing at all.
constexpr char kMarker[] = "marker-that-is-no-secret";

std::string ReadAll(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string ReadSecretFile(const std::string& file) {
  const std::string secret(absl::StripAsciiWhitespace(ReadAll(file)));
  INFO(file);
  REQUIRE(secret.size() >= 16);
  return secret;
}

// The part of a key that is secret: "rk_<id>_<secret>".
std::string SecretPart(const std::string& key) {
  REQUIRE(key.size() == 52);
  return key.substr(20);
}

class Canaries {
 public:
  void Plant(const std::string& what, const std::string& value) { planted_[what] = value; }
  std::size_t planted() const { return planted_.size(); }

  // Everything that came out of the server, by what it is.
  void Collect(const std::string& where, const std::string& text) { out_[where] += text; }
  std::size_t places() const { return out_.size(); }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& [where, text] : out_) {
      sum += text.size();
    }
    return sum;
  }
  bool Holds(const std::string& where, const std::string& value) const {
    return absl::StrContains(out_.at(where), value);
  }
  // "the API key in the log": as it is, in base64 and in hex.
  std::vector<std::string> Found() const {
    std::vector<std::string> found;
    for (const auto& [what, value] : planted_) {
      for (const std::string& form : {value, absl::Base64Escape(value).substr(0, value.size()),
                                      absl::BytesToHexString(value)}) {
        for (const auto& [where, text] : out_) {
          if (absl::StrContains(text, form)) {
            found.push_back(absl::StrCat(what, " in ", where));
          }
        }
      }
    }
    return found;
  }

 private:
  std::map<std::string, std::string> planted_;
  std::map<std::string, std::string> out_;
};

// What a call was answered with, whatever it was.
void Collect(Canaries& canaries, const grpc::Status& status,
             const google::protobuf::Message& message, const grpc::ClientContext& context) {
  canaries.Collect("answers", absl::StrCat(status.error_message(), "\n", status.error_details(),
                                           "\n", message.ShortDebugString(), "\n"));
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    canaries.Collect("answers", std::string(value.data(), value.size()));
  }
}

// A create that holds the value where `put` puts it; it must be refused.
template <typename Put>
void SendWith(const World& world, Canaries& canaries, const std::string& key, const Put& put) {
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  const auto context = world.Call(key);
  put(request, *context);
  v1::Job job;
  const grpc::Status status = stub->CreateCleanRoom(context.get(), request, &job);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  Collect(canaries, status, job, *context);
}

void PlantInRequests(const World& world, Canaries& canaries, const std::string& key) {
  const std::map<std::string, std::string> values = {
      {"a personal access token", absl::StrCat("dapi", "11112222333344445555666677778888")},
      {"an OAuth secret", absl::StrCat("dose", "88887777666655554444333322221111")},
      {"a user's JWT", absl::StrCat("eyJhbGciOiJSUzI1NiIsImtpZCI6ImNhbmFyeSJ9",
                                    ".eyJzdWIiOiJjYW5hcnlAYWNtZS5leGFtcGxlIiwiaXNzIjoieCJ9",
                                    ".Y2FuYXJ5LXNpZ25hdHVyZS1jYW5hcnk")}};
  for (const auto& kind : values) {
    const std::string& value = kind.second;
    canaries.Plant(kind.first, value);
    SendWith(world, canaries, key, [&](auto& request, auto&) { request.set_request_id(value); });
    SendWith(world, canaries, key, [&](auto& request, auto&) { request.set_parent(value); });
    SendWith(world, canaries, key, [&](auto& request, auto&) {
      (*request.mutable_clean_room()->mutable_labels())["note"] = value;
    });
    SendWith(world, canaries, key, [&](auto& request, auto&) {
      request.mutable_clean_room()->set_clean_room_name(absl::StrCat("x", value, "y"));
    });
    SendWith(world, canaries, key, [&](auto&, grpc::ClientContext& context) {
      context.AddMetadata("x-forwarded-access-token", value);
    });
  }
}

// Keys that prove nothing: one that is wrong in its secret, one of nobody, a PAT in its place.
void PlantInKeys(const World& world, Canaries& canaries, const std::string& key) {
  const auto stub = v1::ServerService::NewStub(world.channel());
  std::string wrong = key;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  canaries.Plant("a wrong key", SecretPart(wrong));
  const std::string pat = absl::StrCat("dapi", "99990000999900009999000099990000");
  canaries.Plant("a token as a key", pat);
  for (const std::string& bad : {wrong, pat, std::string("hunter2-hunter2-hunter2")}) {
    const auto context = world.Call(bad);
    v1::ServerInfo info;
    const grpc::Status status = stub->GetServerInfo(context.get(), {}, &info);
    CHECK_FALSE(status.ok());
    Collect(canaries, status, info, *context);
  }
  canaries.Plant("no key at all", "hunter2-hunter2-hunter2");
}

// An app enrols itself with a code, and with one that is wrong: the code, its nonce and the key
// that they make are secrets.
void PlantInExchanges(const World& world, Canaries& canaries) {
  const auto stub = v1::EnrollmentService::NewStub(world.channel());
  v1::CreateEnrollmentCodeRequest create;
  create.set_parent("brands/acme");
  create.mutable_enrollment_code()->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(SystemClock().Now() + absl::Hours(1)));
  v1::EnrollmentCode code;
  REQUIRE(stub->CreateEnrollmentCode(world.Call(world.operator_key()).get(), create, &code).ok());
  const std::string nonce = "canary-nonce-0123456789-abcdefghij";
  canaries.Plant("an enrolment code", SecretPart(code.code().substr(1)));
  canaries.Plant("an app's nonce", nonce);
  v1::ExchangeEnrollmentCodeRequest exchange;
  exchange.set_client_nonce(nonce);
  exchange.set_install_id("self");
  exchange.set_global_metastore_id("aws:us-west-2:77777777-7777-4777-8777-777777777777");
  exchange.set_invite_recipient_workspace_id(7001);
  exchange.set_invite_recipient_email("ada@acme.example");
  std::string wrong = code.code();
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  canaries.Plant("a wrong enrolment code", SecretPart(wrong.substr(1)));
  for (const std::string& one : {wrong, code.code(), code.code() + "x"}) {
    exchange.set_code(one);
    grpc::ClientContext context;
    v1::ExchangeEnrollmentCodeResponse answer;
    const grpc::Status status = stub->ExchangeEnrollmentCode(&context, exchange, &answer);
    CHECK(status.ok() == (one == code.code()));
    if (status.ok()) {
      canaries.Plant("the key of an exchange", SecretPart(answer.key()));
      answer.clear_key();
    }
    Collect(canaries, status, answer, context);
  }
}

// A room from its making to its end, so that whatever is stored or told is stored and told.
void LiveThroughARoom(World& world, Canaries& canaries, const std::string& key) {
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest create;
  create.mutable_clean_room()->set_package("packages/identity-match");
  (*create.mutable_clean_room()->mutable_labels())["note"] = kMarker;
  create.set_request_id("click-1");
  v1::Job job;
  REQUIRE(stub->CreateCleanRoom(world.Call(key).get(), create, &job).ok());
  CHECK(world.Wait(key, job.name()).state() == v1::JOB_STATE_SUCCEEDED);
  const auto context = world.Call(key);
  v1::GetCleanRoomRequest get;
  get.set_name(job.clean_room());
  v1::CleanRoom room;
  const grpc::Status status = stub->GetCleanRoom(context.get(), get, &room);
  Collect(canaries, status, room, *context);
}

void Rotate(const World& world, Canaries& canaries) {
  const auto stub = v1::OperationsService::NewStub(world.channel());
  const auto context = world.Call(world.operator_key());
  v1::RotateCredentialsResponse rotated;
  const grpc::Status status = stub->RotateCredentials(context.get(), {}, &rotated);
  REQUIRE(rotated.rotations_size() == 1);
  CHECK(rotated.rotations(0).outcome() == v1::CredentialRotation::OUTCOME_ROTATED);
  Collect(canaries, status, rotated, *context);
  canaries.Collect(
      "record of rotations",
      ReadAll(absl::StrCat(world.folder(), "/secrets/provider.roomkeeper.secret.rotation")));
}

void TakeBackup(const World& world) {
  const auto stub = v1::OperationsService::NewStub(world.channel());
  v1::BackupStoreResponse backup;
  const grpc::Status status =
      stub->BackupStore(world.Call(world.operator_key()).get(), {}, &backup);
  INFO(status.error_message());
  REQUIRE(status.ok());
}

// What the daemon was started with, and the files that it wrote, but for those that are a secret.
void CollectFiles(const World& world, const std::string& backups, Canaries& canaries) {
  canaries.Collect("command line", ReadAll(absl::StrCat("/proc/", world.daemon_pid(), "/cmdline")));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    canaries.Collect("database", ReadAll(absl::StrCat(world.folder(), "/roomkeeper.db", suffix)));
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(backups)) {
    if (entry.is_regular_file()) {
      canaries.Collect("backups", ReadAll(entry.path()));
    }
  }
}

TEST_CASE("secrets planted everywhere are found nowhere", "[e2e][canary]") {
  const TempFolder folder;
  const std::string backups = folder.path("backups");
  std::filesystem::create_directory(backups);
  const std::string admin_key = folder.Write("admin.key", "canary-of-the-admin-port-0123456789\n");
  World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n",
               .daemon = "log: {level: debug}\n",
               .store = absl::StrCat(", backup_dir: ", backups),
               .shard = absl::StrCat("    client_secret_2_file: ", folder.path("second"), "\n"),
               .admin = absl::StrCat("address: \"127.0.0.1:0\", key_file: ", admin_key)});
  Canaries canaries;
  const std::string key = world.Enroll("acme");
  canaries.Plant("the client secret", ReadSecretFile(absl::StrCat(
                                          world.folder(), "/secrets/provider.roomkeeper.secret")));
  canaries.Plant("the operator's key", SecretPart(world.operator_key()));
  canaries.Plant("a brand's key", SecretPart(key));
  canaries.Plant("the provenance key",
                 ReadSecretFile(absl::StrCat(world.folder(), "/roomkeeper.db.provenance-key")));
  canaries.Plant("the admin port's key", ReadSecretFile(admin_key));

  Rotate(world, canaries);
  canaries.Plant("the client secret that replaced it", ReadSecretFile(folder.path("second")));
  LiveThroughARoom(world, canaries, key);
  PlantInRequests(world, canaries, key);
  PlantInKeys(world, canaries, key);
  PlantInExchanges(world, canaries);
  canaries.Collect("admin port", world.AwaitAdmin("/metrics", "401"));
  canaries.Collect("admin port", world.AwaitAdmin("/readyz", "200"));
  const CommandResult metrics =
      *RunCommand({.argv = {"curl", "-sS", "-H",
                            absl::StrCat("Authorization: Bearer ", ReadSecretFile(admin_key)),
                            absl::StrCat(world.admin_url(), "/metrics")}});
  REQUIRE_THAT(metrics.output, Catch::Contains("roomkeeper_rpcs_total"));
  canaries.Collect("metrics", metrics.output);
  TakeBackup(world);
  CollectFiles(world, backups, canaries);
  CHECK(world.TerminateDaemon() == 0);
  canaries.Collect("log", world.log());

  const std::vector<std::string> found = canaries.Found();

  for (const std::string& one : found) {
    FAIL_CHECK(one);
  }
  CHECK(canaries.Holds("database", kMarker));
  CHECK(canaries.Holds("backups", kMarker));
  CHECK(canaries.Holds("answers", kMarker));
  CHECK(canaries.Holds("log", "what looks like"));  // that it happened is told
  std::printf("canaries: %zu planted, %zu found in %zu bytes of %zu kinds of output\n",
              canaries.planted(), found.size(), canaries.bytes(), canaries.places());
}

}  // namespace
}  // namespace roomkeeper::testing
