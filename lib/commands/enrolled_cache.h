#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/model/brand.h"

namespace roomkeeper {

struct Enrolled {
  Brand brand = {};
  Install install = {};
};

// Installs and their brands as last read, so that a CreateCleanRoom reads nothing. What counts here
// and may change is a brand's limit of open jobs, and what an install may have rooms of and how
// many: another replica's change is seen here after kFor. Thread-safe; never blocks.
class EnrolledCache {
 public:
  static constexpr absl::Duration kFor = absl::Seconds(10);
  static constexpr std::size_t kMax = 10000;  // at about 500 bytes; when full it starts from empty

  std::optional<Enrolled> Find(const std::string& name, absl::Duration now);
  // To be taken before a read and given back with what was read: a Forget in between counts.
  std::uint64_t forgotten();
  void Keep(const std::string& name, const Enrolled& enrolled, absl::Duration now,
            std::uint64_t forgotten);
  // A brand or an install was updated.
  void Forget();

 private:
  struct Row {
    Enrolled enrolled = {};
    absl::Duration until = absl::ZeroDuration();  // monotonic
  };

  Mutex mu_;
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mu_) = 0;
  absl::flat_hash_map<std::string, Row> rows_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
