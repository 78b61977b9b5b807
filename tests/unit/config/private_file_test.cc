#include "lib/config/private_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

std::string Read(const std::string& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::size_t FilesIn(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST_CASE("a private file is made, and replaced whole, readable by us only", "[private_file]") {
  const TempFolder folder;
  const std::string file = folder.path("secret");

  REQUIRE_OK(ReplacePrivateFile(file, "a longer first text\n"));
  CHECK(Read(file) == "a longer first text\n");
  struct stat before = {};
  REQUIRE(::stat(file.c_str(), &before) == 0);
  REQUIRE_OK(ReplacePrivateFile(file, "second\n"));

  CHECK(Read(file) == "second\n");
  struct stat after = {};
  REQUIRE(::stat(file.c_str(), &after) == 0);
  CHECK((after.st_mode & 07777U) == 0600);
  CHECK(after.st_ino != before.st_ino);  // never written in place: a reader has the old or the new
  CHECK(FilesIn(folder.path()) == 1);
}

TEST_CASE("what a process left behind when it died is not in the way", "[private_file]") {
  const TempFolder folder;
  folder.Write("secret", "old");
  folder.Write("secret.new", "half", 0644);

  REQUIRE_OK(ReplacePrivateFile(folder.path("secret"), "new"));

  CHECK(Read(folder.path("secret")) == "new");
  CHECK(FilesIn(folder.path()) == 1);
}

TEST_CASE("a link stays a link, and what it leads to is replaced", "[private_file]") {
  const TempFolder folder;
  folder.Write("target", "old");
  std::filesystem::create_symlink("target", folder.path("link"));

  REQUIRE_OK(ReplacePrivateFile(folder.path("link"), "new"));

  CHECK(std::filesystem::is_symlink(folder.path("link")));
  CHECK(Read(folder.path("target")) == "new");
}

TEST_CASE("a file in no folder is refused, and one of another user", "[private_file]") {
  const TempFolder folder;
  CHECK_THAT(ReplacePrivateFile(folder.path("nowhere/secret"), "x"),
             StatusIs(absl::StatusCode::kFailedPrecondition, "is not to be written to by us"));
  const std::string file = folder.Write("secret", "old");
  if (::geteuid() == 0) {  // else nothing of another user can be made
    REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
    CHECK_THAT(ReplacePrivateFile(file, "x"),
               StatusIs(absl::StatusCode::kFailedPrecondition, "it belongs to user 12345"));
    CHECK(Read(file) == "old");
  }
}

}  // namespace
}  // namespace roomkeeper::testing
