// Enrolment codes: what an exchange makes, who is refused, and what of it is atomic.
#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

using Answer = ExchangeCode::Result::Outcome;
using Made = CreateEnrollmentCode::Result::Outcome;

EnrollmentCode Code(int uses_max = 1) {
  return {.id = EnrollmentCodeId("c1"),
          .brand = BrandId("acme"),
          .display_name = "for Ada",
          .secret_sha256 = "00ff",
          .uses_max = uses_max,
          .packages = {PackageName("match"), PackageName("reach")},
          .rooms_max = 3,
          .created_at = At(0),
          .expires_at = At(1000)};
}

Enrollment Asked(const std::string& id, std::int64_t workspace = 42) {
  return {.id = EnrollmentId(id),
          .code = EnrollmentCodeId("c1"),
          .brand = BrandId("acme"),
          .install = InstallId("web-" + id),
          .global_metastore_id = "aws:us-west-2:m",
          .workspace_id = workspace,
          .invite_recipient_email = "ada@acme.example",
          .key_sha256 = "hash of " + id};
}

ExchangeCode Exchange(const Enrollment& asked, int at = 10) {
  return {.asked = asked, .now = At(at)};
}

std::unique_ptr<StoreFixture> StoreWithCode(const EnrollmentCode& code = Code()) {
  auto store = MakeStoreFixture();
  REQUIRE_OK(
      store->Apply(CreateBrand{.brand = {.id = BrandId("acme"), .collaborator_alias = "acme"}}));
  REQUIRE_OK(store->Apply(CreateEnrollmentCode{.code = code}));
  return store;
}

Answer OutcomeOf(StoreFixture& store, const Enrollment& asked, int at = 10) {
  const auto result = store.Apply(Exchange(asked, at));
  REQUIRE_OK(result);
  return result->outcome;
}

std::vector<std::string> AuditedMethods(StoreFixture& store) {
  std::vector<std::string> methods;
  const auto page = store.NewReader()->ListAudit({.limit = 100});
  REQUIRE_OK(page);
  for (const AuditEntry& entry : page->entries) {
    methods.push_back(entry.method);
  }
  return methods;
}

TEST_CASE("an exchange makes the install, its key and an entry, and uses the code", "[store]") {
  const auto store = StoreWithCode();

  const auto result = store->Apply(Exchange(Asked("e1")));

  REQUIRE_OK(result);
  CHECK(result->outcome == Answer::kEnrolled);
  CHECK(store->notice().api_keys == std::vector{ApiKeyId("e1")});
  store->Reopen();
  const auto reader = store->NewReader();
  const auto install = reader->GetInstall(BrandId("acme"), InstallId("web-e1"));
  REQUIRE_OK(install);
  CHECK(*install == result->install);
  CHECK(install->global_metastore_id == "aws:us-west-2:m");
  CHECK(install->workspace_id == 42);
  CHECK(install->invite_recipient_email == "ada@acme.example");
  CHECK(install->packages == Code().packages);
  CHECK(install->rooms_max == 3);
  const auto key = reader->GetApiKey(ApiKeyId("e1"));
  REQUIRE_OK(key);
  CHECK(key->role == Role::kBrand);
  CHECK(key->brand == BrandId("acme"));
  CHECK(key->install == InstallId("web-e1"));
  CHECK(key->secret_sha256 == "hash of e1");
  EnrollmentCode used = Code();
  used.uses = 1;
  CHECK(*reader->GetEnrollmentCode(EnrollmentCodeId("c1")) == used);
  const auto enrollments = reader->ListEnrollments({});
  REQUIRE_OK(enrollments);
  REQUIRE(enrollments->enrollments.size() == 1);
  CHECK(enrollments->enrollments.front() == result->enrollment);
  CHECK(result->enrollment.state == EnrollmentState::kApproved);
  CHECK(AuditedMethods(*store) ==
        std::vector<std::string>{"CreateBrand", "CreateEnrollmentCode", "ExchangeCode"});
}

TEST_CASE("an exchange is answered again as it stands, and asks for nothing else", "[store]") {
  const auto store = StoreWithCode();
  const auto first = store->Apply(Exchange(Asked("e1")));
  REQUIRE_OK(first);
  const auto entries = AuditedMethods(*store).size();

  const auto again = store->Apply(Exchange(Asked("e1"), 2000));  // the code has expired since
  REQUIRE_OK(again);
  CHECK(again->outcome == Answer::kEnrolled);
  CHECK(again->install == first->install);
  CHECK(again->enrollment == first->enrollment);
  CHECK(AuditedMethods(*store).size() == entries);

  Enrollment other = Asked("e1");
  other.global_metastore_id = "aws:us-west-2:another";
  CHECK(OutcomeOf(*store, other) == Answer::kOtherBinding);
  other = Asked("e1", 43);
  CHECK(OutcomeOf(*store, other) == Answer::kOtherBinding);
  other = Asked("e1");
  other.install = InstallId("other");
  CHECK(OutcomeOf(*store, other) == Answer::kOtherBinding);
  other = Asked("e1");
  other.invite_recipient_email = "eve@acme.example";
  CHECK(OutcomeOf(*store, other) == Answer::kOtherBinding);
  CHECK(store->NewReader()->ListInstalls(BrandId("acme"))->size() == 1);

  REQUIRE_OK(store->Apply(RevokeApiKey{.id = ApiKeyId("e1"), .now = At(20)}));
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kKeyRevoked);
}

TEST_CASE("a code enrols as many apps as it may, one less, just as many, one more", "[store]") {
  const auto uses = GENERATE(1, 2, 3);
  CAPTURE(uses);
  const auto store = StoreWithCode(Code(2));
  int enrolled = 0;
  for (int i = 0; i < uses; ++i) {
    const Answer answer = OutcomeOf(*store, Asked("e" + std::to_string(i), 42 + i));
    enrolled += answer == Answer::kEnrolled ? 1 : 0;
    CHECK((answer == Answer::kEnrolled || answer == Answer::kUsedUp));
  }
  CHECK(enrolled == std::min(uses, 2));
  CHECK(store->NewReader()->GetEnrollmentCode(EnrollmentCodeId("c1"))->uses == enrolled);
  CHECK(static_cast<int>(store->NewReader()->ListInstalls(BrandId("acme"))->size()) == enrolled);
}

TEST_CASE("exchanges at one time share the uses, and one nonce makes one install", "[store]") {
  const auto store = StoreWithCode(Code(2));

  const auto results = store->Apply({Exchange(Asked("e1", 1)), Exchange(Asked("e2", 2)),
                                     Exchange(Asked("e1", 1)), Exchange(Asked("e3", 3))});

  std::vector<Answer> answers;
  for (const auto& result : results) {
    REQUIRE_OK(result);
    answers.push_back(std::get<ExchangeCode::Result>(*result).outcome);
  }
  CHECK(answers ==
        std::vector{Answer::kEnrolled, Answer::kEnrolled, Answer::kEnrolled, Answer::kUsedUp});
  CHECK(store->NewReader()->ListInstalls(BrandId("acme"))->size() == 2);
}

TEST_CASE("a code enrols until it expires: before, at and after it", "[store]") {
  const auto at = GENERATE(999, 1000, 1001);
  CAPTURE(at);
  const auto store = StoreWithCode();
  CHECK(OutcomeOf(*store, Asked("e1"), at) == (at < 1000 ? Answer::kEnrolled : Answer::kExpired));
}

TEST_CASE("nothing is done with a revoked code any more, but its keys stay", "[store]") {
  EnrollmentCode code = Code(3);
  code.otherwise = EnrollmentPolicy::kHold;
  code.email_domains = {"acme.example"};
  const auto store = StoreWithCode(code);
  Enrollment held = Asked("e2", 43);
  held.invite_recipient_email = "eve@else.example";
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kEnrolled);
  CHECK(OutcomeOf(*store, held) == Answer::kHeld);

  REQUIRE_OK(store->Apply(RevokeEnrollmentCode{.id = code.id, .now = At(20)}));
  const auto again = store->Apply(RevokeEnrollmentCode{.id = code.id, .now = At(30)});

  REQUIRE_OK(again);
  CHECK(again->code.revoked_at == At(20));
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kRevoked);
  CHECK(OutcomeOf(*store, Asked("e3", 44)) == Answer::kRevoked);
  CHECK_THAT(StatusOf(store->Apply(DecideEnrollment{.id = held.id, .approve = true})),
             StatusIs(absl::StatusCode::kFailedPrecondition, "was revoked"));
  CHECK_OK(store->Apply(DecideEnrollment{.id = held.id, .approve = false}));
  CHECK_FALSE(store->NewReader()->GetApiKey(ApiKeyId("e1"))->revoked_at.has_value());
}

TEST_CASE("an install, and its workspace of a metastore, are enrolled once", "[store]") {
  const auto store = StoreWithCode(Code(3));
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kEnrolled);
  CHECK(OutcomeOf(*store, Asked("e2")) == Answer::kTaken);  // the place
  Enrollment same_id = Asked("e3", 43);
  same_id.install = InstallId("web-e1");
  CHECK(OutcomeOf(*store, same_id) == Answer::kTaken);
  CHECK(store->NewReader()->GetEnrollmentCode(EnrollmentCodeId("c1"))->uses == 1);
  CHECK(store->NewReader()->ListEnrollments({})->enrollments.size() == 1);
}

TEST_CASE("who is as the code says, and who is not, is approved, held or refused by it",
          "[store]") {
  struct Case {
    EnrollmentPolicy policy;
    EnrollmentPolicy otherwise;
    bool fits;
    Answer answer;
  };
  using Policy = EnrollmentPolicy;
  const auto c = GENERATE(Case{Policy::kApprove, Policy::kRefuse, true, Answer::kEnrolled},
                          Case{Policy::kApprove, Policy::kRefuse, false, Answer::kMismatch},
                          Case{Policy::kApprove, Policy::kHold, false, Answer::kHeld},
                          Case{Policy::kHold, Policy::kRefuse, true, Answer::kHeld},
                          Case{Policy::kHold, Policy::kRefuse, false, Answer::kMismatch});
  EnrollmentCode code = Code();
  code.policy = c.policy;
  code.otherwise = c.otherwise;
  code.metastores = {"azure", "aws:us-west-2"};
  code.email_domains = {"acme.example"};
  const auto store = StoreWithCode(code);
  Enrollment asked = Asked("e1");
  if (!c.fits) {
    asked.global_metastore_id = "aws:us-west-21:m";
  }

  const auto result = store->Apply(Exchange(asked));

  REQUIRE_OK(result);
  CHECK(result->outcome == c.answer);
  store->Reopen();
  const auto stored = store->NewReader()->ListEnrollments({})->enrollments;
  CHECK(stored.size() == (c.answer == Answer::kMismatch ? 0 : 1));
  CHECK(store->NewReader()->ListInstalls(BrandId("acme"))->size() ==
        (c.answer == Answer::kEnrolled ? 1 : 0));
  if (!c.fits) {
    const std::string why = c.answer == Answer::kHeld ? stored.front().mismatch : result->problem;
    CHECK_THAT(why, Catch::Contains("must be in azure, aws:us-west-2, got aws:us-west-21:m"));
  }
}

TEST_CASE("an operator decides what is held, once", "[store]") {
  EnrollmentCode code = Code();
  code.policy = EnrollmentPolicy::kHold;
  const auto store = StoreWithCode(code);
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kHeld);
  CHECK(OutcomeOf(*store, Asked("e2", 43)) == Answer::kUsedUp);  // a held one is a use
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kHeld);
  const bool approve = GENERATE(true, false);

  const DecideEnrollment op = {.id = EnrollmentId("e1"), .approve = approve, .now = At(50)};
  const auto decided = store->Apply(op);
  REQUIRE_OK(decided);
  CHECK(decided->enrollment.decided_at == At(50));
  const auto entries = AuditedMethods(*store);
  CHECK(entries.back() == "DecideEnrollment");
  CHECK_OK(store->Apply(op));
  CHECK(AuditedMethods(*store) == entries);
  DecideEnrollment otherwise = op;
  otherwise.approve = !approve;
  CHECK_THAT(StatusOf(store->Apply(otherwise)), StatusIs(absl::StatusCode::kFailedPrecondition));

  store->Reopen();
  CHECK(OutcomeOf(*store, Asked("e1")) == (approve ? Answer::kEnrolled : Answer::kRefused));
  CHECK(store->NewReader()->GetApiKey(ApiKeyId("e1")).ok() == approve);
  // A refused one gave its use back.
  CHECK(OutcomeOf(*store, Asked("e2", 43)) == (approve ? Answer::kUsedUp : Answer::kHeld));
}

TEST_CASE("what is held cannot be approved once its place is another's", "[store]") {
  EnrollmentCode code = Code(2);
  code.policy = EnrollmentPolicy::kHold;
  const auto store = StoreWithCode(code);
  Enrollment second = Asked("e2");
  CHECK(OutcomeOf(*store, Asked("e1")) == Answer::kHeld);
  CHECK(OutcomeOf(*store, second) == Answer::kHeld);
  CHECK_OK(store->Apply(DecideEnrollment{.id = EnrollmentId("e1"), .approve = true}));

  CHECK_THAT(StatusOf(store->Apply(DecideEnrollment{.id = second.id, .approve = true})),
             StatusIs(absl::StatusCode::kAlreadyExists));
  CHECK_OK(store->Apply(DecideEnrollment{.id = second.id, .approve = false}));
}

TEST_CASE("a repeated request_id makes no second code, and unknown ones are not found", "[store]") {
  const auto store = StoreWithCode();
  CreateEnrollmentCode op = {
      .caller_scope = "operators", .request_id = "click", .request_hash = "h", .code = Code()};
  op.code.id = EnrollmentCodeId("c2");
  CHECK(store->Apply(op)->outcome == Made::kInserted);
  op.code.id = EnrollmentCodeId("c3");
  const auto again = store->Apply(op);
  REQUIRE_OK(again);
  CHECK(again->outcome == Made::kReplayed);
  CHECK(again->code.id == EnrollmentCodeId("c2"));
  op.request_hash = "other";
  CHECK(store->Apply(op)->outcome == Made::kRequestIdReused);

  const auto not_found = StatusIs(absl::StatusCode::kNotFound);
  op.request_id = "click-2";
  op.code.brand = BrandId("nobody");
  CHECK_THAT(StatusOf(store->Apply(op)), not_found);
  Enrollment asked = Asked("e1");
  asked.code = EnrollmentCodeId("c9");
  CHECK_THAT(StatusOf(store->Apply(Exchange(asked))), not_found);
  CHECK_THAT(StatusOf(store->Apply(RevokeEnrollmentCode{.id = EnrollmentCodeId("c9")})), not_found);
  CHECK_THAT(StatusOf(store->Apply(DecideEnrollment{.id = EnrollmentId("e9")})), not_found);
  CHECK_THAT(StatusOf(store->NewReader()->GetEnrollmentCode(EnrollmentCodeId("c9"))), not_found);
}

TEST_CASE("codes and exchanges are listed in pages, of a brand and in a state", "[store]") {
  const auto limit = GENERATE(1, 2, 3, 4);
  CAPTURE(limit);
  const auto store = StoreWithCode(Code(9));
  REQUIRE_OK(store->Apply(CreateBrand{.brand = {.id = BrandId("bolt")}}));
  EnrollmentCode bolt = Code(9);
  bolt.id = EnrollmentCodeId("c2");
  bolt.brand = BrandId("bolt");
  bolt.policy = EnrollmentPolicy::kHold;
  REQUIRE_OK(store->Apply(CreateEnrollmentCode{.code = bolt}));
  for (const char* id : {"e1", "e2", "e3"}) {
    Enrollment asked = Asked(id, id[1]);
    CHECK(OutcomeOf(*store, asked) == Answer::kEnrolled);
    asked.id = EnrollmentId(std::string("b") + id);
    asked.code = bolt.id;
    asked.brand = bolt.brand;
    asked.workspace_id += 1000;
    CHECK(OutcomeOf(*store, asked) == Answer::kHeld);
  }
  const auto reader = store->NewReader();
  const auto ids = [&](EnrollmentQuery query) {
    std::string all;
    query.limit = limit;
    do {
      const auto page = reader->ListEnrollments(query);
      REQUIRE_OK(page);
      CHECK(page->enrollments.size() <= static_cast<std::size_t>(limit));
      for (const Enrollment& one : page->enrollments) {
        all += one.id.value() + " ";
      }
      query.after = page->next;
    } while (query.after != 0);
    return all;
  };
  CHECK(ids({}) == "e1 be1 e2 be2 e3 be3 ");
  CHECK(ids({.brand = BrandId("bolt")}) == "be1 be2 be3 ");
  CHECK(ids({.state = EnrollmentState::kApproved}) == "e1 e2 e3 ");
  CHECK(ids({.brand = BrandId("bolt"), .state = EnrollmentState::kApproved}).empty());
  const auto codes = reader->ListEnrollmentCodes({.limit = 1});
  REQUIRE_OK(codes);
  CHECK(codes->codes.front().id == EnrollmentCodeId("c1"));
  REQUIRE(codes->next != 0);
  CHECK(reader->ListEnrollmentCodes({.after = codes->next})->codes.front().id == bolt.id);
  CHECK(reader->ListEnrollmentCodes({.brand = bolt.brand})->codes.size() == 1);
}

TEST_CASE("an install has as many rooms as it may, and a deleted one counts no more", "[store]") {
  const auto rooms_max = GENERATE(0, 1, 2, 3);
  CAPTURE(rooms_max);
  const auto store = MakeStoreFixture();
  const auto create = [&](const std::string& room, const std::string& job) {
    SubmitJob op = NewRoom(room, job);
    op.install_rooms_max = rooms_max;
    const auto result = store->Apply(op);
    REQUIRE_OK(result);
    return result->outcome;
  };
  REQUIRE(create("a", "j1") == Outcome::kInserted);
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  AdvanceJob gone = Step(store->GetJob("j1"), JobState::kFailed);
  gone.job.finished_at = At(10);
  gone.room = store->GetRoom(KeyOf("a"));
  gone.room->state = RoomState::kDeleted;
  REQUIRE_OK(store->Apply(gone));

  CHECK(create("b", "j2") == Outcome::kInserted);
  CHECK(create("c", "j3") == (rooms_max == 1 ? Outcome::kInstallFull : Outcome::kInserted));
  CHECK(create("d", "j4") ==
        (rooms_max == 1 || rooms_max == 2 ? Outcome::kInstallFull : Outcome::kInserted));
}

}  // namespace
}  // namespace roomkeeper::testing
