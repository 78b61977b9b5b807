#pragma once

namespace roomkeeper::reason {

// Reasons with which an RPC is refused. Stable: callers branch on them. docs/api.md says of each
// what the caller should do, and a test produces each (tests/lint compares the three). Reasons of
// jobs (Problem::reason) come from the engine and the platform client and are listed there too.

// UNAUTHENTICATED
inline constexpr char kApiKeyMissing[] = "API_KEY_MISSING";
inline constexpr char kApiKeyInvalid[] = "API_KEY_INVALID";
inline constexpr char kApiKeyExpired[] = "API_KEY_EXPIRED";
inline constexpr char kApiKeyRevoked[] = "API_KEY_REVOKED";
// PERMISSION_DENIED
inline constexpr char kOperatorOnly[] = "OPERATOR_ONLY";
inline constexpr char kOtherInstall[] = "OTHER_INSTALL";
// NOT_FOUND
inline constexpr char kNotFound[] = "RESOURCE_NOT_FOUND";
inline constexpr char kPackageNotFound[] = "PACKAGE_NOT_FOUND";
// INVALID_ARGUMENT
inline constexpr char kInvalidRequest[] = "INVALID_REQUEST";
inline constexpr char kInviteeMismatch[] = "INVITEE_MISMATCH";
inline constexpr char kRequestIdReused[] = "REQUEST_ID_REUSED";
// ALREADY_EXISTS
inline constexpr char kRoomExists[] = "ROOM_EXISTS";
inline constexpr char kAlreadyExists[] = "RESOURCE_EXISTS";
// FAILED_PRECONDITION
inline constexpr char kRoomNotReady[] = "ROOM_NOT_READY";
inline constexpr char kRoomBusy[] = "ROOM_BUSY";
inline constexpr char kRoomDeleted[] = "ROOM_DELETED";
inline constexpr char kNotAwaitingBrandDelete[] = "NOT_AWAITING_BRAND_DELETE";
inline constexpr char kJobFinal[] = "JOB_FINAL";
inline constexpr char kJobNotCancellable[] = "JOB_NOT_CANCELLABLE";
inline constexpr char kJobNotRetryable[] = "JOB_NOT_RETRYABLE";
inline constexpr char kNoEligibleShard[] = "NO_ELIGIBLE_SHARD";
inline constexpr char kPlatformRefused[] = "PLATFORM_REFUSED";
// ABORTED
inline constexpr char kEtagMismatch[] = "ETAG_MISMATCH";
// RESOURCE_EXHAUSTED
inline constexpr char kBrandQueueFull[] = "BRAND_QUEUE_FULL";
inline constexpr char kQueueFull[] = "QUEUE_FULL";
inline constexpr char kServerBusy[] = "SERVER_BUSY";
// UNAVAILABLE
inline constexpr char kStoreUnavailable[] = "STORE_UNAVAILABLE";
inline constexpr char kPlatformUnavailable[] = "PLATFORM_UNAVAILABLE";
inline constexpr char kShuttingDown[] = "SHUTTING_DOWN";
// INTERNAL
inline constexpr char kInternal[] = "INTERNAL";

}  // namespace roomkeeper::reason
