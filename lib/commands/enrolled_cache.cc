#include "lib/commands/enrolled_cache.h"

namespace roomkeeper {

std::optional<Enrolled> EnrolledCache::Find(const std::string& name, absl::Duration now) {
  const MutexLock lock(mu_);
  const auto found = rows_.find(name);
  if (found == rows_.end() || now >= found->second.until) {
    return std::nullopt;
  }
  return found->second.enrolled;
}

std::uint64_t EnrolledCache::forgotten() {
  const MutexLock lock(mu_);
  return forgotten_;
}

void EnrolledCache::Keep(const std::string& name, const Enrolled& enrolled, absl::Duration now,
                         std::uint64_t forgotten) {
  const MutexLock lock(mu_);
  if (forgotten != forgotten_) {
    return;
  }
  if (rows_.size() >= kMax) {
    rows_.clear();
  }
  rows_[name] = {.enrolled = enrolled, .until = now + kFor};
}

void EnrolledCache::Forget() {
  const MutexLock lock(mu_);
  ++forgotten_;
  rows_.clear();
}

}  // namespace roomkeeper
