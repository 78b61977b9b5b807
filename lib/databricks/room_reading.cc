#include "lib/databricks/room_reading.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "lib/databricks/api/assets_api.h"
#include "lib/databricks/api/clean_rooms_api.h"

namespace roomkeeper {
namespace {

constexpr char kNotebookFile[] = "NOTEBOOK_FILE";

class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(const ScopedRest& rest, std::string room, Provider::Depth depth,
          CallDone<ObservedRoom> done)
      : rest_(rest), name_(std::move(room)), depth_(depth), done_(std::move(done)) {}

  void Start() {
    const bool assets = depth_ != Provider::Depth::kRoom;
    open_ = assets ? 2 : 1;
    GetRoom(rest_, name_, [self = shared_from_this()](CallResult<ObservedRoom> room) {
      self->Spend(room);
      self->room_ = std::move(room);
      self->Continue();
    });
    if (assets) {
      ListAssets(rest_, name_,
                 [self = shared_from_this()](CallResult<std::vector<ObservedAsset>> listed) {
                   self->Spend(listed);
                   self->assets_ = std::move(listed);
                   self->Continue();
                 });
    }
  }

 private:
  template <typename T>
  void Spend(const CallResult<T>& result) {
    calls_ += result.calls;
    took_ = std::max(took_, result.took);
    waited_ = std::max(waited_, result.waited);
  }

  void Continue() {
    if (--open_ > 0) {
      return;
    }
    if (!room_.ok() || depth_ == Provider::Depth::kRoom) {
      Finish();
      return;
    }
    ObservedRoom& room = room_.value;
    if (!assets_.ok()) {
      if (room.status == "ACTIVE") {
        room_.failure = assets_.failure;
      }
      Finish();
      return;
    }
    room.has_assets = true;
    room.assets = std::move(assets_.value);
    if (depth_ == Provider::Depth::kFull) {
      ReadNotebooks();
    } else {
      Finish();
    }
  }

  void ReadNotebooks() {
    std::vector<ObservedAsset>& assets = room_.value.assets;
    after_list_ = std::exchange(took_, absl::ZeroDuration());
    waited_for_list_ = std::exchange(waited_, absl::ZeroDuration());
    for (std::size_t i = 0; i < assets.size(); ++i) {
      if (assets[i].asset_type == kNotebookFile) {
        ++open_;
        GetAsset(rest_, {.room = name_, .asset_type = kNotebookFile, .name = assets[i].name},
                 [self = shared_from_this(), i](CallResult<ObservedAsset> read) {
                   self->TakeNotebook(i, std::move(read));
                 });
      }
    }
    if (open_ == 0) {
      Finish();
    }
  }

  void TakeNotebook(std::size_t i, CallResult<ObservedAsset> read) {
    Spend(read);
    if (read.ok()) {
      room_.value.assets[i] = std::move(read.value);
    } else if (read.failure.error == CallError::kNotFound) {
      gone_.insert(i);  // removed since the list was made
    } else if (room_.ok()) {
      room_.failure = std::move(read.failure);
    }
    if (--open_ == 0) {
      for (auto index = gone_.rbegin(); index != gone_.rend(); ++index) {
        room_.value.assets.erase(room_.value.assets.begin() + static_cast<std::ptrdiff_t>(*index));
      }
      Finish();
    }
  }

  void Finish() {
    room_.calls = calls_;
    room_.took = after_list_ + took_;
    room_.waited = waited_for_list_ + waited_;
    done_(std::move(room_));
  }

  const ScopedRest rest_;
  const std::string name_;
  const Provider::Depth depth_;
  CallDone<ObservedRoom> done_;
  CallResult<ObservedRoom> room_;
  CallResult<std::vector<ObservedAsset>> assets_;
  std::set<std::size_t> gone_;
  int open_ = 0;
  std::int32_t calls_ = 0;
  absl::Duration took_ = absl::ZeroDuration();
  absl::Duration after_list_ = absl::ZeroDuration();
  absl::Duration waited_ = absl::ZeroDuration();
  absl::Duration waited_for_list_ = absl::ZeroDuration();
};

}  // namespace

void ReadRoom(const ScopedRest& rest, const std::string& room, Provider::Depth depth,
              CallDone<ObservedRoom> done) {
  std::make_shared<Reading>(rest, room, depth, std::move(done))->Start();
}

}  // namespace roomkeeper
