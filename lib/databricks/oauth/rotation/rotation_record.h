#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace roomkeeper {

// What must outlive a crash of a rotation. No secret is in it. It is written before each act that
// it speaks of, so a rotation that is begun again knows what may have been made.
struct RotationRecord {
  // A create whose answer we may never have had. Its lifetime is a number that nobody else would
  // take, by which the secret can be told from others in the list.
  struct Attempt {
    absl::Duration lifetime = absl::ZeroDuration();
    absl::Time begun_at = absl::InfinitePast();
  };
  // The secret that the last create made.
  struct Made {
    std::string id = {};
    std::string hash = {};  // SHA-256 of the value
  };

  std::vector<Attempt> attempts = {};
  std::optional<Made> made = {};
  bool open = false;  // files may still hold others than `made`, and those may still live
  std::vector<std::string> replaced = {};  // ids of what `made` replaces
};

// Where it is kept. Both block as long as a file does; a write is durable when it returns OK.
struct RotationRecordFile {
  std::function<absl::StatusOr<std::string>()> read = {};  // empty: there is none yet
  std::function<absl::Status(absl::string_view)> write = {};
};

// An empty text is the record of no rotation. kDataLoss: it is not ours.
absl::StatusOr<RotationRecord> ParseRotationRecord(const std::string& text);
std::string FormatRotationRecord(const RotationRecord& record);

}  // namespace roomkeeper
