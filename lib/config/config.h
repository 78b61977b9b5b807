#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/config/operator_tokens.h"
#include "lib/config/secret_source.h"
#include "lib/obs/log.h"

namespace roomkeeper {

// The configuration of roomkeeperd. Each field is the YAML key of the same name, with its default.
// Ranges are in lib/config/config_schema.h. deploy/config/roomkeeperd.yaml has every key at its
// default, docs/configuration.md a row for each: tests/unit/config compares the three. Paths are
// absolute once loaded: relative ones start at the folder of the config file.

struct TlsConfig {
  std::string cert_file = {};       // PEM chain; empty: plaintext
  std::string key_file = {};        // PEM key, readable by us only
  std::string client_ca_file = {};  // PEM; when set, clients need a certificate signed by it
};

struct GrpcConfig {
  std::string address = "127.0.0.1:7420";  // host:port; port 0: any free one, see the ready line
  TlsConfig tls = {};
  bool allow_plaintext = false;              // plaintext off loopback: behind a mesh that encrypts
  std::int64_t message_bytes_max = 1 << 20;  // of a request; a CreateCleanRoom is about 500 bytes
  std::int64_t metadata_bytes_max = 16384;   // of a call; ours is an API key and a traceparent
  std::int64_t concurrent_streams_max = 1000;                 // calls of one connection at a time
  absl::Duration keepalive_interval_min = absl::Seconds(30);  // clients that ping faster are cut
  absl::Duration drain_timeout = absl::Seconds(10);  // SIGTERM: calls that last longer are cut
};

// OAuth tokens of brands' workspaces as credentials, beside API keys.
struct JwtConfig {
  bool enabled = false;      // also of an enrolled app; see docs/security.md before
  std::string ca_file = {};  // PEM; instead of the system's authorities, for all issuers
};

struct AuthConfig {
  JwtConfig jwt = {};
  OperatorTokensConfig operator_tokens = {};
};

struct AdminConfig {
  std::string address = "127.0.0.1:7421";  // /metrics /livez /readyz, plaintext; port 0: any
  std::string key_file = {};     // holds the key that /metrics asks for; needed off loopback
  bool allow_plaintext = false;  // off loopback all the same: in a network that encrypts
};

enum class StoreEngine : std::uint8_t { kSqlite, kMemory };  // memory: lost at exit, for tests

struct StoreConfig {
  StoreEngine engine = StoreEngine::kSqlite;
  std::string path = "roomkeeper.db";  // created when absent; on a local disk (WAL needs mmap)
  std::string backup_dir = {};         // where BackupStore puts its copies; empty: it is refused
};

struct ProviderConfig {
  std::string collaborator_alias = {};  // ours in every room: [a-z0-9_], at most 255
  std::string isv_name = "roomkeeper";  // User-Agent <isv_name>_roomkeeper/<version>: Databricks
                                        // attributes a partner's calls by it
};

// One provider workspace with its metastore and credentials.
struct ShardConfig {
  std::string id = {};                   // [a-z][a-z0-9-]{0,39}; stored in rows: never reuse one
  std::string host = {};                 // https://… of the workspace; http on loopback only
  std::string global_metastore_id = {};  // cloud:region:uuid, checked against the platform's
  std::string client_id = {};            // of the service principal; not secret
  std::string client_id_env = {};        // … or the environment variable that holds it
  SecretSource client_secret = {};       // keys client_secret_file, client_secret_env
  SecretSource client_secret_2 = {};     // … a second live one; its file need not be there
  SecretSource federation_token = {};    // instead of secrets: keys federation_token_file, _env
  std::string ca_file = {};              // PEM; instead of the system's authorities
  double requests_per_second = 5;        // budget of the workspace; the platform publishes none and
                                         // its Go SDK holds itself to 15
  std::int64_t room_limit = 100;  // clean rooms the metastore may hold: documented default quota
};

struct EngineConfig {
  std::int64_t active_jobs_max =
      256;  // jobs that have calls in flight; waiting ones are not counted
  absl::Duration job_deadline = absl::Hours(24);            // then FAILED with DEADLINE_EXCEEDED
  absl::Duration provisioning_timeout = absl::Minutes(25);  // the SDKs' own waiter gives up at 20
  std::int64_t room_attempts_max = 3;  // rooms made for one job before it fails
  std::int64_t writers_per_room = 1;   // concurrent writes to one room; more is unproven there
  absl::Duration call_timeout = absl::Seconds(60);  // of one platform call, as in the SDKs
};

struct LimitsConfig {
  std::int64_t open_jobs_max = 100000;         // then CreateCleanRoom: QUEUE_FULL
  std::int64_t brand_jobs_in_flight_max = 20;  // default of a new brand: BRAND_QUEUE_FULL
  std::int64_t watchers_max = 10000;           // open WatchJob and WaitJob: SERVER_BUSY
  double brand_calls_per_second = 100;         // of all its keys together: BRAND_RATE_EXCEEDED
  std::int64_t brand_calls_burst = 500;        // … and so many at once
  std::int64_t brand_calls_open_max = 200;     // unary calls: BRAND_CALLS_FULL
  std::int64_t brand_watchers_max = 1000;      // WatchJob and WaitJob: BRAND_CALLS_FULL
  absl::Duration watch_write_timeout = absl::Minutes(1);  // a watch that takes nothing is cut
};

struct RoomsConfig {
  absl::Duration lifetime_max = absl::Hours(168);  // of a room that expires, renewals included
  absl::Duration expiry_warning_lead = absl::Minutes(15);  // the event room.expiring comes so early
  absl::Duration delete_grace = absl::ZeroDuration();  // until a removal begins; it may be undone
  absl::Duration sweep_interval = absl::Seconds(30);   // between looks for rooms that are due
};

struct DriftConfig {
  absl::Duration interval = absl::Hours(6);  // between looks at a READY room; 0: none is looked at
  std::int64_t repairs_per_day_max = 3;      // of one room; then an operator is asked
};

struct AuditConfig {
  absl::Duration retention = absl::Hours(9600);  // older entries go (400 days); 0: all are kept
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
};

struct Config {
  std::string service_instance = "roomkeeper";  // in provenance marks: two installations on one
                                                // metastore need two names; never change it
  std::string provenance_key_file = {};  // empty: <store.path>.provenance-key, made at first start
  std::string packages_dir = "packages";
  GrpcConfig grpc = {};
  AuthConfig auth = {};
  AdminConfig admin = {};
  StoreConfig store = {};
  ProviderConfig provider = {};
  std::vector<ShardConfig> shards = {};
  EngineConfig engine = {};
  LimitsConfig limits = {};
  RoomsConfig rooms = {};
  DriftConfig drift = {};
  AuditConfig audit = {};
  LogConfig log = {};
};

// Reads and checks a file, and that what it names (secrets, keys, folders) is there and private.
// kNotFound: no such file. kInvalidArgument: every problem, one a line, "<file>:<line>: <key> …".
absl::StatusOr<Config> LoadConfig(const std::string& file);

// The same without looking at anything but `text`; relative paths stay as they are.
absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view file);

// Every key there is, with its default as written in YAML: {"grpc.address", "127.0.0.1:7420"},
// {"shards[].id", ""}, …
struct ConfigKey {
  std::string path = {};
  std::string default_value = {};
};
std::vector<ConfigKey> ListConfigKeys();

}  // namespace roomkeeper
