#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "services/roomctl/arguments.h"

namespace roomkeeper {

// Where the server is and who we are. Each value is looked for as a flag, then in the environment,
// then in the profile file (~/.config/roomkeeper/profile.yaml): --address ROOMKEEPER_ADDRESS
// address, --api-key-file ROOMKEEPER_API_KEY_FILE api_key_file, --ca-file ROOMKEEPER_CA_FILE
// ca_file, --install ROOMKEEPER_INSTALL install.
struct ConnectionOptions {
  std::string address = {};       // host:port
  Secret api_key = {};            // or an operator's token
  std::string api_key_file = {};  // where it is from
  std::string ca_file = {};       // set: TLS. Empty: TLS unless the host is loopback
  std::string install = {};  // "brands/…/installs/…": short clean room names are completed with it
};

// kInvalidArgument: something is missing, or the key file can be read by others; says what to do.
// `keyless`: no API key is looked for.
absl::StatusOr<ConnectionOptions> FindConnection(const Arguments& arguments, bool keyless = false);
// A file with one secret that nobody else can read. kInvalidArgument, as above.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path, absl::string_view what);

class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Make(ConnectionOptions options);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // A call's context: the key as bearer metadata, read from its file anew, since a token there is
  // renewed while we run; and a deadline (the default suits a unary call).
  std::unique_ptr<grpc::ClientContext> NewCall(absl::Duration timeout = absl::Seconds(30)) const;
  const std::string& address() const { return options_.address; }
  const std::string& install() const { return options_.install; }  // may be empty

 private:
  Connection(ConnectionOptions options, std::shared_ptr<grpc::Channel> channel);

  ConnectionOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace roomkeeper
