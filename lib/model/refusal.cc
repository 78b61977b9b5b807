#include "lib/model/refusal.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {
namespace {

constexpr char kReasonUrl[] = "roomkeeper/reason";
constexpr char kMetadataUrl[] = "roomkeeper/metadata";
constexpr char kViolationsUrl[] = "roomkeeper/violations";
constexpr char kRetryAfterUrl[] = "roomkeeper/retry_after_us";

// Pairs of strings as "<length>:<bytes>…": values may hold any byte.
void AppendField(std::string& out, absl::string_view text) {
  absl::StrAppend(&out, text.size(), ":", text);
}

bool TakeField(absl::string_view& in, std::string& field) {
  const std::size_t colon = in.find(':');
  std::size_t size = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(in.substr(0, colon), &size) ||
      in.size() - colon - 1 < size) {
    return false;
  }
  field = std::string(in.substr(colon + 1, size));
  in.remove_prefix(colon + 1 + size);
  return true;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs ParsePairs(const std::optional<absl::Cord>& payload) {
  Pairs pairs;
  const std::string text = payload ? std::string(*payload) : std::string();
  absl::string_view rest = text;
  std::pair<std::string, std::string> pair;
  while (TakeField(rest, pair.first) && TakeField(rest, pair.second)) {
    pairs.push_back(pair);
  }
  return pairs;
}

std::optional<absl::Cord> Payload(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  return payload ? std::optional<absl::Cord>(*payload) : std::nullopt;
}

}  // namespace

absl::Status Unauthenticated(const char* reason, std::string message) {
  return ToStatus({.code = absl::StatusCode::kUnauthenticated,
                   .reason = reason,
                   .message = std::move(message)});
}

absl::Status ToStatus(const Refusal& refusal) {
  absl::Status status(refusal.code, refusal.message);
  status.SetPayload(kReasonUrl, absl::Cord(refusal.reason));
  std::string text;
  for (const auto& [key, value] : refusal.metadata) {
    AppendField(text, key);
    AppendField(text, value);
  }
  if (!text.empty()) {
    status.SetPayload(kMetadataUrl, absl::Cord(text));
  }
  text.clear();
  for (const FieldViolation& violation : refusal.violations) {
    AppendField(text, violation.field);
    AppendField(text, violation.description);
  }
  if (!text.empty()) {
    status.SetPayload(kViolationsUrl, absl::Cord(text));
  }
  if (refusal.retry_after > absl::ZeroDuration()) {
    status.SetPayload(kRetryAfterUrl,
                      absl::Cord(absl::StrCat(absl::ToInt64Microseconds(refusal.retry_after))));
  }
  return status;
}

std::optional<Refusal> FindRefusal(const absl::Status& status) {
  const auto reason = Payload(status, kReasonUrl);
  if (!reason) {
    return std::nullopt;
  }
  Refusal refusal{.code = status.code(),
                  .reason = std::string(*reason),
                  .message = std::string(status.message())};
  for (auto& [key, value] : ParsePairs(Payload(status, kMetadataUrl))) {
    refusal.metadata.emplace(std::move(key), std::move(value));
  }
  for (auto& [field, description] : ParsePairs(Payload(status, kViolationsUrl))) {
    refusal.violations.push_back({std::move(field), std::move(description)});
  }
  std::int64_t micros = 0;
  const auto retry_after = Payload(status, kRetryAfterUrl);
  if (retry_after && absl::SimpleAtoi(std::string(*retry_after), &micros)) {
    refusal.retry_after = absl::Microseconds(micros);
  }
  return refusal;
}

std::string ReasonOf(const absl::Status& status) {
  const auto reason = Payload(status, kReasonUrl);
  return reason ? std::string(*reason) : std::string();
}

}  // namespace roomkeeper
