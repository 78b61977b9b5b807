#include "lib/engine/workflows/move.h"

#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

void GoBack(Draft& draft, const std::optional<Problem>& failing_with, const std::string& why) {
  JobProgress& progress = draft.progress();
  progress.assets_done.clear();
  progress.notebooks_done.clear();
  progress.repairs = 0;
  draft.SwapSpecs();
  if (draft.job().step == Step::kPreflight) {
    draft.ForgetLeaving();  // nothing was written: a look will do
  }
  draft.live().doubt = true;
  draft.Compensate(
      failing_with,
      absl::StrCat(why, ": the clean room goes back to version ", draft.job().moves_from),
      Step::kEnsureAssets, RoomState::kConfiguring);
  if (draft.idle()) {
    RowFor(Step::kEnsureAssets).begin(draft);
  }
}

}  // namespace

void FailMove(Draft& draft, const Problem& problem) {
  if (draft.compensating()) {
    LeaveBetween(draft, problem);
  } else {
    GoBack(draft, problem, problem.reason);
  }
}

void CancelMove(Draft& draft) {
  if (draft.job().state == JobState::kQueued) {
    draft.Start(Step::kPreflight);  // nothing is changed yet, but that is proved by a look too
  } else {
    GoBack(draft, std::nullopt, "cancelled");
  }
}

bool WaitsToSettle(Draft& draft) {
  const absl::Time settled = draft.job().progress.settle_until.value_or(absl::InfinitePast());
  const bool there = IsMove(draft) && !draft.compensating();
  const bool between = IsMove(draft) || draft.room().leaving.has_value();
  if (there || !between || draft.now() >= settled) {
    return false;
  }
  draft.StandBy("calls of unknown outcome to be too old to land", Move::kRoomkeeper,
                settled - draft.now());
  return true;
}

void FinishMovedBack(Draft& draft) {
  const std::string back =
      absl::StrCat("the clean room is READY with version ", draft.job().moves_from, ", as before");
  if (const std::optional<Problem> problem = draft.job().progress.failing_with;
      problem.has_value()) {
    draft.Finish(JobState::kFailed, problem, absl::StrCat(problem->message, "; ", back));
  } else {
    draft.Finish(JobState::kCancelled, std::nullopt, absl::StrCat("cancelled: ", back));
  }
}

void LeaveBetween(Draft& draft, const Problem& problem) {
  const std::optional<Problem> cause = draft.job().progress.failing_with;
  if (!draft.compensating()) {
    draft.SwapSpecs();
  }
  Problem left = problem;
  if (const std::optional<RoomSpec>& other = draft.room().leaving; other.has_value()) {
    absl::StrAppend(&left.message, "; the clean room may hold parts of version ",
                    other->package_version, " beside version ", draft.room().spec.package_version,
                    ": once the cause is gone, ask for either version again");
  }
  if (cause.has_value()) {
    absl::StrAppend(&left.message, " (it was going back because of ", cause->reason, ": ",
                    cause->message, ")");
  }
  left.retryable = true;
  draft.SetRoomState(RoomState::kDegraded, left.move, left);
  draft.Finish(JobState::kFailed, left, left.message);
}

void NoteWritten(Draft& draft, const ObservedAsset& written) {
  if (written.notebook_etag.has_value() && written.notebook_content_digest.has_value()) {
    draft.NoteNotebook({.name = written.name,
                        .etag = *written.notebook_etag,
                        .content_digest = *written.notebook_content_digest});
  }
}

}  // namespace roomkeeper
