#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/clean_room.h"
#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// What went wrong with one call, in the words the core decides by. The vendor maps its errors to
// these in one table (lib/databricks/error_map.cc).
enum class CallError : std::uint8_t {
  kNone,
  kInvalid,          // the request is wrong: will not heal
  kInvalidState,     // wrong for the state the room is in: may heal when that changes
  kUnauthenticated,  // credentials refused, also after one refresh: an operator must act; may heal
  kDenied,           // a privilege is missing: may heal when granted
  kNotFound,
  kAlreadyExists,   // the name is taken
  kConflict,        // changed at the same time: read again
  kLimitReached,    // a quota that waiting does not heal
  kRateLimited,     // later and slower; `retry_after` says when
  kUnavailable,     // the platform did not act (not sent, or it says so): try again
  kUnknownOutcome,  // it may have acted (timeout, reset, 5xx): look before trying again
};

// CallFailure::error_code, with kRateLimited, of a call that our own request budget never let
// leave: the platform has not heard of it.
inline constexpr const char* kNotSentBudget = "NOT_SENT_BUDGET";
// … with kUnavailable, of a call that was not sent because the platform answers nobody now;
// `retry_after` says when that may have changed.
inline constexpr const char* kNotSentOutage = "NOT_SENT_OUTAGE";

struct CallFailure {
  CallError error = CallError::kNone;
  std::string error_code = {};  // the vendor's, e.g. "RESOURCE_DOES_NOT_EXIST"
  std::string message = {};     // the vendor's, trimmed to 500 bytes, secrets scrubbed
  std::string request_id = {};  // the vendor's correlation id
  int http_status = 0;
  absl::Duration retry_after = absl::ZeroDuration();
};

template <typename T>
struct CallResult {
  CallFailure failure = {};
  T value = {};  // meaningful when ok()
  absl::Duration took =
      absl::ZeroDuration();  // first byte sent to answer parsed, with in-layer retries
  // In which our own request budget held it back; as long as the longest of parallel requests.
  absl::Duration waited = absl::ZeroDuration();
  std::int32_t calls = 0;  // HTTP requests it cost
  bool ok() const { return failure.error == CallError::kNone; }
};
template <typename T>
using CallDone = std::function<void(CallResult<T>)>;

struct Empty {};

// A finding of preflight: a sentence for the person whose move it is.
struct PreflightReport {
  std::vector<Problem> problems = {};
  std::int64_t rooms_listed = 0;  // on the shard, ours or not: what counts against the limit
};

// On whose behalf a call is made: for its log line, and so that the platform's records can be tied
// to ours. The brand has its turn in the shard's request budget; else nothing is decided by it.
struct CallOrigin {
  JobId job = {};
  BrandId brand = {};
  std::string trace_id = {};  // 32 hex digits; empty: the call is a trace of its own
};
struct CallScope {
  ShardId shard = {};
  CallOrigin origin = {};
};

// What may be read of one room of one shard, asynchronously. Loop thread only; nothing blocks;
// `done` runs once, on the loop thread, never inside the call. Retried inside (seconds, within the
// shard's request budget).
class PlatformReads {
 public:
  virtual ~PlatformReads() = default;

  // Credentials, sharing scope, room head-room, and that every local asset exists and may be shared
  // by us. Cached per (shard, package digest); `fresh` asks again.
  virtual void Preflight(const CallScope& scope, const RoomSpec& spec, bool fresh,
                         CallDone<PreflightReport> done) = 0;

  enum class Depth : std::uint8_t {
    kRoom,    // GET room
    kAssets,  // … and LIST assets
    kFull,    // … and GET of each notebook in LIST (content digest, runners)
  };
  virtual void ObserveRoom(const CallScope& scope, const std::string& room_name, Depth depth,
                           CallDone<ObservedRoom> done) = 0;
  // Every room of the shard that we may see, ours or not, without detail.
  virtual void ListRooms(const CallScope& scope, CallDone<std::vector<ObservedRoom>> done) = 0;
  virtual void GetAsset(const CallScope& scope, const std::string& room_name,
                        const std::string& asset_type, const std::string& asset_name,
                        CallDone<ObservedAsset> done) = 0;
  // Newest first, at most `limit`.
  virtual void ListTaskRuns(const CallScope& scope, const std::string& room_name,
                            std::int32_t limit, CallDone<std::vector<TaskRun>> done) = 0;
};

// What a vendor must do for the engine. As PlatformReads; writes are sent once, except when the
// platform surely did not act.
class Provider : public PlatformReads {
 public:
  // The same reads with the lowest claim: they get of the shard's request budget what nothing else
  // waits for, and fail with kNotSentBudget when that is nothing.
  virtual PlatformReads& for_background() { return *this; }

  // Answers once the room's status is not PROVISIONING or `patience` has passed and it was looked
  // at (then with what the last look said, be it that the platform does not answer). Shared by all
  // waiters of a shard (lib/databricks/room_observer.h); 404 within the grace after a create is
  // waited out. The value has room detail only if it came from GET.
  virtual void AwaitProvisioned(const CallScope& scope, const std::string& room_name,
                                absl::Time created_at, absl::Duration patience,
                                CallDone<ObservedRoom> done) = 0;

  virtual void CreateRoom(const CallScope& scope, const RoomSpec& spec,
                          CallDone<ObservedRoom> done) = 0;
  virtual void DeleteRoom(const CallScope& scope, const std::string& room_name,
                          CallDone<Empty> done) = 0;

  virtual void AddAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                        CallDone<ObservedAsset> done) = 0;
  virtual void UpdateAsset(const CallScope& scope, const RoomSpec& room, const AssetSpec& asset,
                           CallDone<ObservedAsset> done) = 0;
  // `content_base64` is the notebook's content, of digest `notebook.content_digest`.
  virtual void AddNotebook(const CallScope& scope, const RoomSpec& room,
                           const NotebookSpec& notebook, const std::string& content_base64,
                           CallDone<ObservedAsset> done) = 0;
  virtual void UpdateNotebook(const CallScope& scope, const RoomSpec& room,
                              const NotebookSpec& notebook, const std::string& content_base64,
                              CallDone<ObservedAsset> done) = 0;
  // Of any type; the data that it stands for stays.
  virtual void RemoveAsset(const CallScope& scope, const std::string& room_name, AssetType type,
                           const std::string& asset_name, CallDone<Empty> done) = 0;
  // The only part of a room that can be written once it is made.
  virtual void UpdateComment(const CallScope& scope, const RoomSpec& room,
                             CallDone<ObservedRoom> done) = 0;
};

}  // namespace roomkeeper
