#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace roomkeeper {

// Who is next: owners take turns (deficit round robin in which every item costs the same), each
// owner's items in the order in which they came. An owner with a thousand items delays another's
// by one item at a time. Not thread-safe.
template <typename Owner, typename Item>
class FairLine {
 public:
  void Push(const Owner& owner, Item item) {
    std::deque<Item>& of_owner = items_[owner];
    if (of_owner.empty()) {
      turns_.push_back(owner);
    }
    of_owner.push_back(std::move(item));
    ++size_;
  }

  // Before all that wait.
  void PushFirst(const Owner& owner, Item item) {
    std::deque<Item>& of_owner = items_[owner];
    if (!of_owner.empty()) {
      turns_.erase(std::find(turns_.begin(), turns_.end(), owner));
    }
    turns_.push_front(owner);
    of_owner.push_front(std::move(item));
    ++size_;
  }

  // The next item whose owner `may`; nothing if there is none.
  template <typename May>
  std::optional<Item> Pop(May may) {
    const auto turn = std::find_if(turns_.begin(), turns_.end(), may);
    if (turn == turns_.end()) {
      return std::nullopt;
    }
    Owner owner = std::move(*turn);
    turns_.erase(turn);
    const auto found = items_.find(owner);
    Item item = std::move(found->second.front());
    found->second.pop_front();
    --size_;
    if (found->second.empty()) {
      items_.erase(found);
    } else {
      turns_.push_back(std::move(owner));
    }
    return item;
  }

  // The owner's first item that `is` it, out of turn; linear in the owner's items before it.
  template <typename Is>
  std::optional<Item> Take(const Owner& owner, Is is) {
    const auto found = items_.find(owner);
    if (found == items_.end()) {
      return std::nullopt;
    }
    const auto at = std::find_if(found->second.begin(), found->second.end(), is);
    if (at == found->second.end()) {
      return std::nullopt;
    }
    Item item = std::move(*at);
    found->second.erase(at);
    --size_;
    if (found->second.empty()) {
      items_.erase(found);
      turns_.erase(std::find(turns_.begin(), turns_.end(), owner));
    }
    return item;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t size_of(const Owner& owner) const {
    const auto found = items_.find(owner);
    return found == items_.end() ? 0 : found->second.size();
  }
  std::size_t owners() const { return turns_.size(); }

 private:
  absl::flat_hash_map<Owner, std::deque<Item>> items_;  // no empty deques
  std::deque<Owner> turns_;                             // each owner of items_ once
  std::size_t size_ = 0;
};

}  // namespace roomkeeper
