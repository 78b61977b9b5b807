#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

// Whose request_ids a caller's are: its brand's, those under a CI key's label, or the operators'.
std::string CallerScope(const Principal& principal);
// Digest of what was asked: of the method and the values that the caller gave, without request_id.
std::string RequestHash(absl::string_view method, std::initializer_list<absl::string_view> values);
std::string CanonicalText(const Labels& labels);

JobId NewJobId();
// A job row in its first state. `room` must carry its shard and spec.
Job NewJob(const CommandContext& context, const Principal& principal, const CleanRoom& room,
           JobKind kind, const std::string& request_id);
// For a call to the platform that answers the caller at once.
CallScope ScopeOf(const Principal& principal, const CleanRoom& room);

// Has the removal of a room that can be run wait: it begins at the end of `grace`, or when the room
// expires. For others there is nothing to lose, and they go at once.
void HoldForGrace(SubmitJob& op, const CleanRoom& stored, absl::Duration grace);

// What the store answered, as a job or a refusal. Not for kGenerationTaken.
absl::StatusOr<Job> FromOutcome(const SubmitJob& asked, const SubmitJob::Result& result);

// Submits and answers with FromOutcome.
void Submit(const CommandContext& context, SubmitJob op, StoreDone<Job> done);

// As SubmitJob::expected_room_revision: no stored revision is negative, so the store can only
// answer with a replay or a mismatch.
inline constexpr std::int64_t kNoRevision = -1;
// Refuses `op`, unless its request was answered before: then the answer is the same again.
void AnswerAsBefore(const CommandContext& context, SubmitJob op, absl::Status refusal,
                    StoreDone<Job> done);

}  // namespace roomkeeper
