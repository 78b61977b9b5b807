#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/config/config.h"

// Only for lib/config: which YAML keys there are, once, for the reader (config_loader.cc) and the
// list (config_keys.cc). A visitor has Text, Texts, Required, Flag, Int, Number, Duration, Choice,
// Section and List; a new key is a line here and a field in config.h.
namespace roomkeeper::config_internal {

template <typename E>
using Choices = std::initializer_list<std::pair<absl::string_view, E>>;

constexpr std::int64_t kMany = 1'000'000'000;

template <typename V>
void Visit(TlsConfig& c, V& v) {
  v.Text("cert_file", c.cert_file);
  v.Text("key_file", c.key_file);
  v.Text("client_ca_file", c.client_ca_file);
}

template <typename V>
void Visit(GrpcConfig& c, V& v) {
  v.Text("address", c.address);
  v.Section("tls", c.tls);
  v.Flag("allow_plaintext", c.allow_plaintext);
  v.Int("message_bytes_max", c.message_bytes_max, 1024, 64 << 20);
  v.Int("metadata_bytes_max", c.metadata_bytes_max, 8192, 1 << 20);
  v.Int("concurrent_streams_max", c.concurrent_streams_max, 1, 100'000);
  v.Duration("keepalive_interval_min", c.keepalive_interval_min, absl::Seconds(1), absl::Hours(2));
  v.Duration("drain_timeout", c.drain_timeout, absl::ZeroDuration(), absl::Minutes(10));
}

template <typename V>
void Visit(JwtConfig& c, V& v) {
  v.Flag("enabled", c.enabled);
  v.Text("ca_file", c.ca_file);
}

template <typename V>
void Visit(OperatorTokensConfig& c, V& v) {
  v.Text("issuer", c.issuer);
  v.Text("audience", c.audience);
  v.Texts("clients", c.clients);
  v.Text("roles_claim", c.roles_claim);
  v.Texts("admins", c.admins);
  v.Texts("operators", c.operators);
  v.Texts("viewers", c.viewers);
  v.Duration("lifetime_max", c.lifetime_max, absl::Minutes(1), absl::Hours(24));
  v.Text("keys_host", c.keys_host);
  v.Text("ca_file", c.ca_file);
}

template <typename V>
void Visit(AuthConfig& c, V& v) {
  v.Section("jwt", c.jwt);
  v.Section("operator_tokens", c.operator_tokens);
}

template <typename V>
void Visit(AdminConfig& c, V& v) {
  v.Text("address", c.address);
  v.Text("key_file", c.key_file);
  v.Flag("allow_plaintext", c.allow_plaintext);
}

template <typename V>
void Visit(StoreConfig& c, V& v) {
  v.Choice("engine", c.engine,
           {{"sqlite", StoreEngine::kSqlite}, {"memory", StoreEngine::kMemory}});
  v.Text("path", c.path);
  v.Text("backup_dir", c.backup_dir);
}

template <typename V>
void Visit(ProviderConfig& c, V& v) {
  v.Required("collaborator_alias", c.collaborator_alias);
  v.Text("isv_name", c.isv_name);
}

template <typename V>
void Visit(ShardConfig& c, V& v) {
  v.Required("id", c.id);
  v.Required("host", c.host);
  v.Required("global_metastore_id", c.global_metastore_id);
  v.Text("client_id", c.client_id);
  v.Text("client_id_env", c.client_id_env);
  v.Text("client_secret_file", c.client_secret.file);
  v.Text("client_secret_env", c.client_secret.env);
  v.Text("client_secret_2_file", c.client_secret_2.file);
  v.Text("client_secret_2_env", c.client_secret_2.env);
  v.Text("federation_token_file", c.federation_token.file);
  v.Text("federation_token_env", c.federation_token.env);
  v.Text("ca_file", c.ca_file);
  v.Number("requests_per_second", c.requests_per_second, 0.1, 10'000);
  v.Int("room_limit", c.room_limit, 1, kMany);
}

template <typename V>
void Visit(EngineConfig& c, V& v) {
  v.Int("active_jobs_max", c.active_jobs_max, 1, 100'000);
  v.Duration("job_deadline", c.job_deadline, absl::Minutes(1), absl::Hours(24 * 30));
  v.Duration("provisioning_timeout", c.provisioning_timeout, absl::Seconds(1), absl::Hours(24));
  v.Int("room_attempts_max", c.room_attempts_max, 1, 100);
  v.Int("writers_per_room", c.writers_per_room, 1, 16);
  v.Duration("call_timeout", c.call_timeout, absl::Milliseconds(100), absl::Minutes(10));
}

template <typename V>
void Visit(LimitsConfig& c, V& v) {
  v.Int("open_jobs_max", c.open_jobs_max, 1, 100'000'000);
  v.Int("brand_jobs_in_flight_max", c.brand_jobs_in_flight_max, 1, 1'000'000);
  v.Int("watchers_max", c.watchers_max, 1, 1'000'000);
  v.Number("brand_calls_per_second", c.brand_calls_per_second, 0.1, 1'000'000);
  v.Int("brand_calls_burst", c.brand_calls_burst, 1, 1'000'000);
  v.Int("brand_calls_open_max", c.brand_calls_open_max, 1, 1'000'000);
  v.Int("brand_watchers_max", c.brand_watchers_max, 1, 1'000'000);
  v.Duration("watch_write_timeout", c.watch_write_timeout, absl::Seconds(1), absl::Hours(1));
}

template <typename V>
void Visit(RoomsConfig& c, V& v) {
  v.Duration("lifetime_max", c.lifetime_max, absl::Minutes(1), absl::Hours(24 * 366));
  v.Duration("expiry_warning_lead", c.expiry_warning_lead, absl::ZeroDuration(),
             absl::Hours(24 * 30));
  v.Duration("delete_grace", c.delete_grace, absl::ZeroDuration(), absl::Hours(24 * 30));
  v.Duration("sweep_interval", c.sweep_interval, absl::Milliseconds(50), absl::Hours(1));
}

template <typename V>
void Visit(DriftConfig& c, V& v) {
  v.Duration("interval", c.interval, absl::ZeroDuration(), absl::Hours(24 * 30));
  v.Int("repairs_per_day_max", c.repairs_per_day_max, 0, 1000);
}

template <typename V>
void Visit(AuditConfig& c, V& v) {
  v.Duration("retention", c.retention, absl::ZeroDuration(), absl::Hours(24 * 36600));
}

template <typename V>
void Visit(LogConfig& c, V& v) {
  v.Choice("level", c.level,
           {{"debug", LogLevel::kDebug},
            {"info", LogLevel::kInfo},
            {"warning", LogLevel::kWarning},
            {"error", LogLevel::kError}});
}

template <typename V>
void Visit(Config& c, V& v) {
  v.Text("service_instance", c.service_instance);
  v.Text("provenance_key_file", c.provenance_key_file);
  v.Text("packages_dir", c.packages_dir);
  v.Section("grpc", c.grpc);
  v.Section("auth", c.auth);
  v.Section("admin", c.admin);
  v.Section("store", c.store);
  v.Section("provider", c.provider);
  v.List("shards", c.shards);
  v.Section("engine", c.engine);
  v.Section("limits", c.limits);
  v.Section("rooms", c.rooms);
  v.Section("drift", c.drift);
  v.Section("audit", c.audit);
  v.Section("log", c.log);
}

}  // namespace roomkeeper::config_internal
