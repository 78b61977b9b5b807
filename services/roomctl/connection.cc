#include "services/roomctl/connection.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/base/status_macros.h"
#include "lib/yaml/yaml_fields.h"

namespace roomkeeper {
namespace {

using Profile = std::map<std::string, std::string>;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const std::ifstream file(path);
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The profile is optional; one that is there must be right.
absl::StatusOr<Profile> LoadProfile(const Arguments& arguments) {
  std::string path = arguments.Get("profile");
  if (path.empty()) {
    path = absl::StrCat(Environment("HOME"), "/.config/roomkeeper/profile.yaml");
    struct stat info = {};
    if (stat(path.c_str(), &info) != 0) {
      return Profile();
    }
  }
  RK_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  RK_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, path));
  if (root.kind == YamlNode::Kind::kNull) {
    return Profile();
  }
  YamlProblems problems(path);
  YamlFields fields(root, "", problems);
  Profile profile;
  for (const char* key : {"address", "api_key_file", "ca_file", "install"}) {
    profile[key] = fields.TextOr(key, "");
  }
  fields.Finish();
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return profile;
}

bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:") || absl::StartsWith(address, "unix:");
}

}  // namespace

absl::StatusOr<Secret> ReadSecretFile(const std::string& path, absl::string_view what) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(what, " file ", path, " cannot be read"));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s file %s can be read by others (mode %04o): run chmod 600 %s", what,
                        path, info.st_mode & 07777U, path));
  }
  RK_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return Secret(std::string(absl::StripAsciiWhitespace(text)));
}

absl::StatusOr<ConnectionOptions> FindConnection(const Arguments& arguments, bool keyless) {
  RK_ASSIGN_OR_RETURN(Profile profile, LoadProfile(arguments));
  const auto find = [&](const char* flag, const char* variable, const char* key) {
    if (arguments.Has(flag)) {
      return arguments.Get(flag);
    }
    const std::string value = Environment(variable);
    return value.empty() ? profile[key] : value;
  };
  ConnectionOptions options;
  options.address = find("address", "ROOMKEEPER_ADDRESS", "address");
  options.ca_file = find("ca-file", "ROOMKEEPER_CA_FILE", "ca_file");
  options.install = find("install", "ROOMKEEPER_INSTALL", "install");
  const std::string key_file = find("api-key-file", "ROOMKEEPER_API_KEY_FILE", "api_key_file");
  if (options.address.empty()) {
    return absl::InvalidArgumentError(
        "no server: give --address host:port, or set ROOMKEEPER_ADDRESS");
  }
  if (keyless) {
    return options;
  }
  if (key_file.empty()) {
    return absl::InvalidArgumentError(
        "no API key: give --api-key-file FILE, or set ROOMKEEPER_API_KEY_FILE");
  }
  RK_ASSIGN_OR_RETURN(options.api_key, ReadSecretFile(key_file, "api key"));
  options.api_key_file = key_file;
  return options;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Make(ConnectionOptions options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (options.ca_file.empty() && IsLoopback(options.address)) {
    credentials = grpc::InsecureChannelCredentials();
  } else {
    grpc::SslCredentialsOptions tls;  // an empty root means the system's
    if (!options.ca_file.empty()) {
      RK_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadFile(options.ca_file));
    }
    credentials = grpc::SslCredentials(tls);
  }
  auto channel = grpc::CreateChannel(options.address, credentials);
  return absl::WrapUnique(new Connection(std::move(options), std::move(channel)));
}

Connection::Connection(ConnectionOptions options, std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)), channel_(std::move(channel)) {}

std::unique_ptr<grpc::ClientContext> Connection::NewCall(absl::Duration timeout) const {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!options_.api_key.empty()) {
    // It may be half written just now.
    const absl::StatusOr<Secret> now = ReadSecretFile(options_.api_key_file, "api key");
    const Secret& key = now.ok() && !now->empty() ? *now : options_.api_key;
    context->AddMetadata("authorization", absl::StrCat("Bearer ", key.Reveal()));
  }
  // lint: gRPC takes a time of the system clock
  context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  return context;
}

}  // namespace roomkeeper
