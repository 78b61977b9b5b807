// What one brand could learn of another by other ways than asking for it by name.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/model/reasons.h"
#include "tests/service/isolation/any_call.h"
#include "tests/service/isolation/authorization_table.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using Rooms = v1::CleanRoomService::Stub;
using Jobs = v1::JobService::Stub;

v1::Job Create(World& world, const std::string& id, const std::string& key) {
  auto request = World::CreateRequest("click-1-" + id);
  request.set_clean_room_id(id);
  const auto job = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, key);
  INFO(job.status.error_message());
  REQUIRE(job.ok());
  return job.value;
}

std::string TextOf(const Message& message, const char* field) {
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(field);
  REQUIRE(descriptor != nullptr);
  return message.GetReflection()->GetString(message, descriptor);
}

// A list RPC asked for a page of one row.
struct Page {
  std::unique_ptr<Message> request = {};
  std::string next = {};
  std::string reason = {};
};
Page AskForPage(World& world, const MethodDescriptor& method, const std::string& token,
                const std::string& key) {
  Page page;
  page.request =
      NewRequest(method, absl::StrCat("page_size: 1 page_token: '", token, "'",
                                      method.name() == "ListTaskRuns"
                                          ? " parent: 'brands/acme/installs/main/cleanRooms/first'"
                                          : ""));
  const auto context = world.NewContext(key);
  const AnyAnswer answer = CallAny(world, method, *page.request, *context);
  page.reason = answer.refusal().reason;
  const std::unique_ptr<Message> shown(
      MessageFactory::generated_factory()->GetPrototype(method.output_type())->New());
  REQUIRE(shown->ParseFromString(answer.message));
  page.next = TextOf(*shown, "next_page_token");
  return page;
}

TEST_CASE("a page token serves its caller and query only, and cannot be changed or read",
          "[isolation]") {
  World world;
  for (const char* id : {"first", "second"}) {
    for (const std::string& key : {world.acme, world.zeta}) {
      world.Wait(Create(world, id, key).name(), key);
    }
  }
  world.OnLoop([&] {
    TaskRun run{.name = "match", .life_cycle_state = "TERMINATED"};
    world.platform->task_runs = {run, run};
  });
  world.packages.versions.push_back([&] {
    PackageVersion other = *world.packages.versions.front();
    other.name = PackageName("zz-other");
    return std::make_shared<const PackageVersion>(other);
  }());
  (void)world.NewHeld("acme", 3001);
  (void)world.NewHeld("zeta", 3002);
  int lists = 0;
  for (const MethodDescriptor* method : ApiMethods()) {
    if (method->input_type()->FindFieldByName("page_token") == nullptr) {
      continue;
    }
    INFO(method->full_name());
    ++lists;
    const bool of_operators = FindAuthorization(method->full_name())->least == Least::kOperator;
    const std::string mine = of_operators ? world.op : world.acme;
    const std::string token = AskForPage(world, *method, "", mine).next;
    REQUIRE(token.size() == 48);
    CHECK(AskForPage(world, *method, token, mine).reason.empty());

    if (!of_operators) {
      const std::string theirs = AskForPage(world, *method, token, world.zeta).reason;
      CHECK((theirs == reason::kInvalidRequest || theirs == reason::kNotFound));
      CHECK(AskForPage(world, *method, token, world.op).reason == reason::kInvalidRequest);
    }
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string forged = token;
      forged[i] = forged[i] == '0' ? '1' : '0';
      CHECK(AskForPage(world, *method, forged, mine).reason == reason::kInvalidRequest);
    }
  }
  CHECK(lists == 8);
}

TEST_CASE("a page token goes on with its own parent and filters only", "[isolation]") {
  World world({.engine = false});
  (void)Create(world, "first", world.acme);
  (void)Create(world, "second", world.acme);
  v1::ListCleanRoomsRequest list;
  list.set_page_size(1);
  const auto first = world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.acme);
  REQUIRE(first.ok());
  list.set_page_token(first.value.next_page_token());
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.acme).ok());
  const auto other = [&] {
    return world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.acme).reason();
  };
  list.set_parent("brands/acme/installs/main");
  CHECK(other() == reason::kInvalidRequest);
  list.clear_parent();
  list.set_show_deleted(true);
  CHECK(other() == reason::kInvalidRequest);
  v1::ListJobsRequest jobs;
  jobs.set_page_token(first.value.next_page_token());
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, jobs, world.acme).reason() ==
        reason::kInvalidRequest);
}

TEST_CASE("the place to resume a watch is the job's own, and another's tells nothing",
          "[isolation]") {
  World world({.engine = false});
  const std::string theirs = Create(world, "first", world.acme).name();
  const auto after = GENERATE(0, 1, 1000);
  const auto watch = [&](const std::string& job) {
    v1::WatchJobRequest request;
    request.set_name(job);
    request.set_after_sequence(after);
    const auto context = world.NewContext(world.zeta);
    const auto stream = world.jobs->WatchJob(context.get(), request);
    v1::JobEvent event;
    CHECK_FALSE(stream->Read(&event));
    const grpc::Status status = stream->Finish();
    return absl::StrReplaceAll(
        absl::StrCat(status.error_code(), status.error_message(), World::Details(status).reason,
                     World::Details(status).violations.size()),
        {{job, "$"}});
  };
  CHECK(watch(theirs) == watch("jobs/0000000000000000"));
}

TEST_CASE("a request_id of another brand is free", "[isolation]") {
  World world({.engine = false});
  const v1::Job theirs = Create(world, "first", world.acme);

  const v1::Job mine = Create(world, "first", world.zeta);

  CHECK(mine.request_id() == theirs.request_id());
  CHECK(mine.name() != theirs.name());
  CHECK(absl::StartsWith(mine.clean_room(), "brands/zeta/"));
  CHECK(Create(world, "first", world.zeta).name() == mine.name());
}

TEST_CASE("no answer to one brand holds a word of another's", "[isolation]") {
  World world;
  const v1::Job theirs = world.Wait(Create(world, "secret-room", world.acme).name(), world.acme);
  const CleanRoom their_room = world.StoredRoom(theirs.clean_room());
  const v1::Job mine = world.Wait(Create(world, "first", world.zeta).name(), world.zeta);
  const std::vector<std::string> words = {"acme", "secret-room", theirs.name(),
                                          their_room.spec.room_name, "1001"};
  int answers = 0;
  for (const MethodDescriptor* method : ApiMethods()) {
    const AuthorizationRow& row = *FindAuthorization(method->full_name());
    if (row.least == Least::kOperator) {
      continue;
    }
    const bool of_job = row.named == Named::kJobToSee || row.named == Named::kJobToChange;
    std::string name = of_job ? mine.name() : mine.clean_room();
    if (row.named == Named::kParentToList || row.named == Named::kInstallToFill) {
      name = "brands/zeta/installs/main";
    }
    const auto context = world.NewContext(world.zeta);
    const auto request = NewRequest(*method, absl::StrReplaceAll(row.request, {{"$", name}}));
    const AnyAnswer answer = CallAny(world, *method, *request, *context);
    INFO(method->full_name() << ": " << answer.status.error_message());
    for (const std::string& word : words) {
      CHECK_FALSE(absl::StrContains(answer.message, word));
      CHECK_FALSE(absl::StrContains(answer.status.error_message(), word));
      CHECK_FALSE(absl::StrContains(answer.status.error_details(), word));
    }
    ++answers;
  }
  CHECK(answers > 15);
}

TEST_CASE("a brand names its own metastore, workspace and person only", "[isolation]") {
  World world({.engine = false});
  const auto [field, value] = GENERATE(
      std::pair(std::string("global_metastore_id"),
                std::string("aws:us-west-2:44444444-4444-4444-8444-444444444444")),
      std::pair(std::string("invite_recipient_workspace_id"), std::string("2001")),
      std::pair(std::string("invite_recipient_email"), std::string("mallory@brand.example")));
  auto request = World::CreateRequest();
  const auto* named = v1::Invitee::descriptor()->FindFieldByName(field);
  REQUIRE(named != nullptr);
  auto& invitee = *request.mutable_invitee();
  if (named->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    invitee.GetReflection()->SetString(&invitee, named, value);
  } else {
    invitee.set_invite_recipient_workspace_id(2001);
  }

  const auto answer = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);

  CHECK(answer.reason() == reason::kInviteeMismatch);
  REQUIRE(answer.refusal().violations.size() == 1);
  CHECK(answer.refusal().violations[0].field == "invitee." + field);
  v1::PlanCleanRoomRequest plan;
  *plan.mutable_clean_room() = request.clean_room();
  *plan.mutable_invitee() = request.invitee();
  CHECK(world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.acme).reason() ==
        reason::kInviteeMismatch);
}

}  // namespace
}  // namespace roomkeeper::testing
