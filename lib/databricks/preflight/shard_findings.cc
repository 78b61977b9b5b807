#include "lib/databricks/preflight/shard_findings.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/databricks/api/clean_rooms_api.h"
#include "lib/databricks/api/metastore_api.h"

namespace roomkeeper {
namespace {

SecurableRef RefOf(const AssetSpec& asset) {
  // Views and foreign tables are tables to Unity Catalog.
  return {.type = asset.type == AssetType::kVolume ? "volume" : "table",
          .full_name = asset.local_name};
}

std::string MetastoreIdOf(const wire::MetastoreSummary& metastore) {
  const std::string& global = metastore.global_metastore_id;
  return global.substr(global.rfind(':') + 1);
}

class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(const ScopedRest& rest, std::function<void(ShardFindings)> done)
      : rest_(rest), done_(std::move(done)) {}

  void Start(std::vector<AssetSpec> assets) {
    for (AssetSpec& asset : assets) {
      found_.assets.push_back({.asset = std::move(asset)});
    }
    open_ = 2;
    GetIdentity(rest_, Into(found_.identity, [this] { Continue(); }));
    GetMetastoreSummary(rest_, Into(found_.metastore, [this] { Continue(); }));
  }

 private:
  // Stores an answer, then goes on; keeps this object alive meanwhile.
  template <typename T, typename Then>
  CallDone<T> Into(CallResult<T>& place, Then then) {
    return [self = shared_from_this(), &place, then](CallResult<T> result) {
      self->found_.calls += result.calls;
      self->found_.took = std::max(self->found_.took, result.took);
      self->waited_ = std::max(self->waited_, result.waited);
      place = std::move(result);
      then();
    };
  }

  void Continue() {
    if (--open_ > 0) {
      return;
    }
    if (!std::exchange(identified_, true) && found_.asked_all()) {
      AskTheRest();
      return;
    }
    found_.clock_ahead = rest_.client.clock_ahead();
    found_.waited += waited_;
    done_(std::move(found_));
  }

  void AskTheRest() {
    found_.waited = std::exchange(waited_, absl::ZeroDuration());
    open_ = 2 + found_.assets.size();
    const std::string& principal = found_.identity.value.user_name;
    ListEffectivePrivileges(
        rest_, {.type = "metastore", .full_name = MetastoreIdOf(found_.metastore.value)}, principal,
        Into(found_.metastore_privileges, [this] { Continue(); }));
    ListRooms(rest_, nullptr,
              [self = shared_from_this()](CallResult<std::vector<ObservedRoom>> rooms) {
                self->found_.calls += rooms.calls;
                self->waited_ = std::max(self->waited_, rooms.waited);
                self->found_.rooms = {.failure = rooms.failure,
                                      .value = static_cast<std::int64_t>(rooms.value.size())};
                self->Continue();
              });
    for (AssetFindings& asset : found_.assets) {
      GetSecurable(rest_, RefOf(asset.asset),
                   Into(asset.securable, [this, &asset] { AskPrivileges(asset); }));
    }
  }

  void AskPrivileges(AssetFindings& asset) {
    if (!asset.securable.ok()) {
      Continue();
      return;
    }
    ListEffectivePrivileges(rest_, RefOf(asset.asset), found_.identity.value.user_name,
                            Into(asset.privileges, [this] { Continue(); }));
  }

  const ScopedRest rest_;
  std::function<void(ShardFindings)> done_;
  ShardFindings found_;
  absl::Duration waited_ = absl::ZeroDuration();  // in the present round of questions
  std::size_t open_ = 0;
  bool identified_ = false;
};

}  // namespace

void GatherFindings(const ScopedRest& rest, std::vector<AssetSpec> assets,
                    std::function<void(ShardFindings)> done) {
  std::make_shared<Gathering>(rest, std::move(done))->Start(std::move(assets));
}

}  // namespace roomkeeper
