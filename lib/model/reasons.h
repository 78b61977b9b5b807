#pragma once

namespace roomkeeper::reason {

// Every reason that a caller can see. Stable: callers branch on them. docs/api.md says of each what
// to do, and a test names each (tests/lint compares the three, and refuses a literal elsewhere).

// Why an RPC is refused (Refusal::reason).

// UNAUTHENTICATED
inline constexpr char kApiKeyMissing[] = "API_KEY_MISSING";
inline constexpr char kApiKeyInvalid[] = "API_KEY_INVALID";
inline constexpr char kApiKeyExpired[] = "API_KEY_EXPIRED";
inline constexpr char kApiKeyRevoked[] = "API_KEY_REVOKED";
inline constexpr char kCredentialsAmbiguous[] = "CREDENTIALS_AMBIGUOUS";
inline constexpr char kCertificateUnknown[] = "CERTIFICATE_UNKNOWN";
inline constexpr char kTokensNotEnabled[] = "TOKENS_NOT_ENABLED";
inline constexpr char kTokenInvalid[] = "TOKEN_INVALID";
inline constexpr char kTokenExpired[] = "TOKEN_EXPIRED";
inline constexpr char kTokenScopeRefused[] = "TOKEN_SCOPE_REFUSED";
inline constexpr char kUserTokenRefused[] = "USER_TOKEN_REFUSED";
inline constexpr char kEnrollmentCodeInvalid[] = "ENROLLMENT_CODE_INVALID";
inline constexpr char kEnrollmentCodeExpired[] = "ENROLLMENT_CODE_EXPIRED";
inline constexpr char kEnrollmentCodeRevoked[] = "ENROLLMENT_CODE_REVOKED";
// PERMISSION_DENIED
inline constexpr char kOperatorOnly[] = "OPERATOR_ONLY";
inline constexpr char kRoleTooLow[] = "ROLE_TOO_LOW";
inline constexpr char kOtherInstall[] = "OTHER_INSTALL";
inline constexpr char kTokenRoleMissing[] = "TOKEN_ROLE_MISSING";
inline constexpr char kEnrollmentCodeUsedUp[] = "ENROLLMENT_CODE_USED_UP";
inline constexpr char kEnrollmentRefused[] = "ENROLLMENT_REFUSED";
inline constexpr char kPackageNotAllowed[] = "PACKAGE_NOT_ALLOWED";
// NOT_FOUND
inline constexpr char kNotFound[] = "RESOURCE_NOT_FOUND";
inline constexpr char kPackageNotFound[] = "PACKAGE_NOT_FOUND";
// INVALID_ARGUMENT
inline constexpr char kInvalidRequest[] = "INVALID_REQUEST";
inline constexpr char kInviteeMismatch[] = "INVITEE_MISMATCH";
inline constexpr char kDatabricksCredentialRefused[] = "DATABRICKS_CREDENTIAL_REFUSED";
inline constexpr char kRequestIdReused[] = "REQUEST_ID_REUSED";
// ALREADY_EXISTS
inline constexpr char kRoomExists[] = "ROOM_EXISTS";
inline constexpr char kAlreadyExists[] = "RESOURCE_EXISTS";
// FAILED_PRECONDITION
inline constexpr char kRoomNotReady[] = "ROOM_NOT_READY";
inline constexpr char kRoomBusy[] = "ROOM_BUSY";
inline constexpr char kRoomDeleted[] = "ROOM_DELETED";
inline constexpr char kRoomInUse[] = "ROOM_IN_USE";
inline constexpr char kRoomDoesNotExpire[] = "ROOM_DOES_NOT_EXPIRE";
inline constexpr char kRoomNotInGrace[] = "ROOM_NOT_IN_GRACE";
inline constexpr char kNotAwaitingBrandDelete[] = "NOT_AWAITING_BRAND_DELETE";
inline constexpr char kJobFinal[] = "JOB_FINAL";
inline constexpr char kJobNotCancellable[] = "JOB_NOT_CANCELLABLE";
inline constexpr char kJobNotRetryable[] = "JOB_NOT_RETRYABLE";
inline constexpr char kNoEligibleShard[] = "NO_ELIGIBLE_SHARD";
inline constexpr char kPlatformRefused[] = "PLATFORM_REFUSED";
inline constexpr char kFrozen[] = "FROZEN";
inline constexpr char kRoomStillThere[] = "ROOM_STILL_THERE";
inline constexpr char kRoomOnTwoShards[] = "ROOM_ON_TWO_SHARDS";
inline constexpr char kBackupNotConfigured[] = "BACKUP_NOT_CONFIGURED";
inline constexpr char kBackupFailed[] = "BACKUP_FAILED";
inline constexpr char kEnrollmentDecided[] = "ENROLLMENT_DECIDED";
// ABORTED
inline constexpr char kEtagMismatch[] = "ETAG_MISMATCH";
// RESOURCE_EXHAUSTED
inline constexpr char kBrandQueueFull[] = "BRAND_QUEUE_FULL";
inline constexpr char kBrandRateExceeded[] = "BRAND_RATE_EXCEEDED";
inline constexpr char kBrandCallsFull[] = "BRAND_CALLS_FULL";
inline constexpr char kCiRoomsFull[] = "CI_ROOMS_FULL";
inline constexpr char kQueueFull[] = "QUEUE_FULL";
inline constexpr char kServerBusy[] = "SERVER_BUSY";
inline constexpr char kPlatformReadsFull[] = "PLATFORM_READS_FULL";
inline constexpr char kBackupRunning[] = "BACKUP_RUNNING";
inline constexpr char kInstallRoomsFull[] = "INSTALL_ROOMS_FULL";
inline constexpr char kEnrollmentRateExceeded[] = "ENROLLMENT_RATE_EXCEEDED";
// UNAVAILABLE
inline constexpr char kStoreUnavailable[] = "STORE_UNAVAILABLE";
inline constexpr char kTokenKeysUnavailable[] = "TOKEN_KEYS_UNAVAILABLE";
inline constexpr char kPlatformUnavailable[] = "PLATFORM_UNAVAILABLE";
inline constexpr char kShuttingDown[] = "SHUTTING_DOWN";
// INTERNAL
inline constexpr char kInternal[] = "INTERNAL";

// What is wrong with a job or a room (Problem::reason). PLATFORM_UNAVAILABLE, above, is one too.

// Found by preflight.
inline constexpr char kSharingScopeNotExternal[] = "SHARING_SCOPE_NOT_EXTERNAL";
inline constexpr char kSharingDisabled[] = "SHARING_DISABLED";
inline constexpr char kMissingPrivilege[] = "MISSING_PRIVILEGE";
inline constexpr char kAssetNotFound[] = "ASSET_NOT_FOUND";
inline constexpr char kRoomLimitReached[] = "ROOM_LIMIT_REACHED";
inline constexpr char kShardMismatch[] = "SHARD_MISMATCH";
// A call that failed (lib/engine/failures.cc).
inline constexpr char kPackageContentUnavailable[] = "PACKAGE_CONTENT_UNAVAILABLE";
inline constexpr char kCredentialsRefused[] = "CREDENTIALS_REFUSED";
inline constexpr char kPlatformRefusedRequest[] = "PLATFORM_REFUSED_REQUEST";
inline constexpr char kPlatformObjectNotFound[] = "PLATFORM_OBJECT_NOT_FOUND";
inline constexpr char kPlatformLimitReached[] = "PLATFORM_LIMIT_REACHED";
inline constexpr char kPlatformState[] = "PLATFORM_STATE";
inline constexpr char kPlatformNameTaken[] = "PLATFORM_NAME_TAKEN";
inline constexpr char kPlatformConflict[] = "PLATFORM_CONFLICT";
inline constexpr char kPlatformOutcomeUnknown[] = "PLATFORM_OUTCOME_UNKNOWN";
inline constexpr char kPlatformRateLimited[] = "PLATFORM_RATE_LIMITED";
// What was seen of the room.
inline constexpr char kRoomProvisioningFailed[] = "ROOM_PROVISIONING_FAILED";
inline constexpr char kRoomProvisioningTimedOut[] = "ROOM_PROVISIONING_TIMED_OUT";
inline constexpr char kRoomDoesNotSettle[] = "ROOM_DOES_NOT_SETTLE";
inline constexpr char kAssetPermissionDenied[] = "ASSET_PERMISSION_DENIED";
inline constexpr char kAssetNotActive[] = "ASSET_NOT_ACTIVE";
inline constexpr char kRoomNotOurs[] = "ROOM_NOT_OURS";
inline constexpr char kRoomDiffers[] = "ROOM_DIFFERS";
// … of one that was READY (lib/engine/workflows/repair.cc).
inline constexpr char kRoomGone[] = "ROOM_GONE";
inline constexpr char kRoomDrifted[] = "ROOM_DRIFTED";
inline constexpr char kRoomNotChecked[] = "ROOM_NOT_CHECKED";
inline constexpr char kDeadlineExceeded[] = "DEADLINE_EXCEEDED";

}  // namespace roomkeeper::reason
