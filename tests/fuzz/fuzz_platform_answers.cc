// What comes back from the platform, or from whatever answers in its place.

#include "lib/cleanroom/provenance.h"
#include "lib/databricks/wire/assets_json.h"
#include "lib/databricks/wire/error_json.h"
#include "lib/databricks/wire/rooms_json.h"
#include "lib/databricks/wire/token_json.h"
#include "lib/databricks/wire/unity_json.h"
#include "lib/packages/notebook_html_json.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

void ReadError(const std::string& text) {
  Require(wire::ParseErrorBody(text).message.size() <= 500);
}

// Nobody makes up a mark.
void ReadMark(const std::string& text) {
  static const Provenance ours("roomkeeper", Secret("a key that nobody has guessed yet"));
  (void)ParseMark(text);
  Require(ours.Verify(text, "rk_acme_match_0123456789") != MarkVerdict::kOurs);
}

constexpr Reader kReaders[] = {
    [](const std::string& text) { (void)wire::ParseRoom(text); },
    [](const std::string& text) { (void)wire::ParseRooms(text); },
    [](const std::string& text) { (void)wire::ParseTaskRuns(text); },
    [](const std::string& text) { (void)wire::ParseAsset(text); },
    [](const std::string& text) { (void)wire::ParseAssets(text); },
    [](const std::string& text) { (void)wire::ParseRevisions(text); },
    [](const std::string& text) { (void)wire::ParseMetastoreSummary(text); },
    [](const std::string& text) { (void)wire::ParseIdentity(text); },
    [](const std::string& text) { (void)wire::ParseEffectivePrivileges(text); },
    [](const std::string& text) { (void)wire::ParseSecurable(text); },
    [](const std::string& text) { (void)wire::ParseExport(text); },
    [](const std::string& text) { (void)wire::ParseTokenEndpoint(text); },
    [](const std::string& text) { (void)ParseNotebookHtml(text); },
    ReadError,
    ReadMark,
};

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return roomkeeper::testing::ReadWith(roomkeeper::testing::kReaders, data, size);
}
