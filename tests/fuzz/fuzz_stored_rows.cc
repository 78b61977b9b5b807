// Columns of the store, after somebody else's hands or a bad disk. What is read is written the same
// way again.

#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/job_json.h"
#include "lib/model/json/room_spec_json.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

template <typename T, typename Value>
void Read(const std::string& text, absl::StatusOr<T> (*parse)(absl::string_view),
          std::string (*format)(Value)) {
  if (const absl::StatusOr<T> value = parse(text); value.ok()) {
    const absl::StatusOr<T> again = parse(format(*value));
    Require(again.ok() && *again == *value);
  }
}

constexpr Reader kReaders[] = {
    [](const std::string& text) { Read(text, &ParseLabels, &FormatLabels); },
    [](const std::string& text) { Read(text, &ParseProblem, &FormatProblem); },
    [](const std::string& text) { Read(text, &ParseNotebooks, &FormatNotebooks); },
    [](const std::string& text) { Read(text, &ParseNotebookVersions, &FormatNotebookVersions); },
    [](const std::string& text) { Read(text, &ParseJobProgress, &FormatJobProgress); },
    [](const std::string& text) { Read(text, &ParseRoomSpec, &FormatRoomSpec); },
};

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return roomkeeper::testing::ReadWith(roomkeeper::testing::kReaders, data, size);
}
