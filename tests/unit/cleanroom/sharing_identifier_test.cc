#include "lib/cleanroom/sharing_identifier.h"

#include <string>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a sharing identifier of three parts is taken apart", "[cleanroom]") {
  const auto parsed = ParseSharingIdentifier("aws:us-west-2:11111111-1111-4111-8111-111111111111");

  REQUIRE_OK(parsed);
  CHECK(parsed->cloud == "aws");
  CHECK(parsed->region == "us-west-2");
  CHECK(parsed->metastore_uuid == "11111111-1111-4111-8111-111111111111");
}

TEST_CASE("a bad sharing identifier gets a sentence that says what is wrong", "[cleanroom]") {
  struct Case {
    const char* text;
    const char* why;
  };
  const auto c = GENERATE(
      Case{"", "it is empty"},
      Case{"11111111-1111-4111-8111-111111111111", "only the metastore's UUID"},
      Case{"aws:us-west-2", "fewer than three parts"},
      Case{"aws:us-west-2:11111111-1111-4111-8111-111111111111:123:a@b.c", "more than three"},
      Case{"AWS:us-west-2:11111111-1111-4111-8111-111111111111", "lower case"},
      Case{"ibm:us-west-2:11111111-1111-4111-8111-111111111111", "aws, azure or gcp"},
      Case{"aws::11111111-1111-4111-8111-111111111111", "the region must match"},
      Case{"aws:us west:11111111-1111-4111-8111-111111111111", "the region must match"},
      Case{"aws:us-west-2:11111111-1111-4111-8111-11111111111", "must be a UUID"},
      Case{"aws:us-west-2:11111111-1111-4111-8111-1111111111111", "must be a UUID"},
      Case{"aws:us-west-2:11111111x1111-4111-8111-111111111111", "must be a UUID"},
      Case{"aws:us-west-2:g1111111-1111-4111-8111-111111111111", "must be a UUID"});
  CAPTURE(c.text);

  const auto parsed = ParseSharingIdentifier(c.text);

  CHECK_THAT(StatusOf(parsed), StatusIs(absl::StatusCode::kInvalidArgument, c.why));
}

TEST_CASE("an oversized value is shortened in the error", "[cleanroom]") {
  const auto parsed = ParseSharingIdentifier(std::string(100'000, 'x'));

  CHECK(!parsed.ok());
  CHECK(parsed.status().message().size() < 500);
}

TEST_CASE("the invitee must be a person's e-mail address", "[cleanroom]") {
  CHECK_OK(ValidateInviteRecipientEmail("data@acme.example"));
  CHECK_OK(ValidateInviteRecipientEmail("first.last+tag@sub.acme.example"));
  CHECK_THAT(ValidateInviteRecipientEmail("11111111-1111-4111-8111-111111111111"),
             StatusIs(absl::StatusCode::kInvalidArgument, "service principal"));
  const auto* const bad = GENERATE("", "data", "data@", "@acme.example", "data@acme",
                                   "a@b@c.example", "a b@c.example", "a@.example", "a@example.",
                                   "a@b..example", "<a@b.example>", "a@b.example,c@d.example");
  CAPTURE(bad);
  CHECK_THAT(ValidateInviteRecipientEmail(bad),
             StatusIs(absl::StatusCode::kInvalidArgument, "invite_recipient_email"));
}

TEST_CASE("an address is at most 254 bytes long", "[cleanroom]") {
  const std::string domain = "@acme.example";
  const auto of_size = [&](std::size_t n) { return std::string(n - domain.size(), 'a') + domain; };
  CHECK_OK(ValidateInviteRecipientEmail(of_size(253)));
  CHECK_OK(ValidateInviteRecipientEmail(of_size(254)));
  CHECK(!ValidateInviteRecipientEmail(of_size(255)).ok());
}

TEST_CASE("a workspace id is positive", "[cleanroom]") {
  CHECK(!ValidateInviteRecipientWorkspaceId(-1).ok());
  CHECK(!ValidateInviteRecipientWorkspaceId(0).ok());
  CHECK_OK(ValidateInviteRecipientWorkspaceId(1));
}

}  // namespace
}  // namespace roomkeeper::testing
