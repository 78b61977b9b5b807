#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/databricks/rest_client.h"
#include "lib/databricks/wire/rooms_json.h"

namespace roomkeeper {

// Walks a list: asks for pages while there is a next_page_token (a page may be empty and still have
// one) and `more` agrees. Ends with everything seen, or with the first failure.
template <typename T>
class PageWalk : public std::enable_shared_from_this<PageWalk<T>> {
 public:
  using Parse = absl::StatusOr<wire::Page<T>> (*)(const std::string&);
  using More = std::function<bool(const std::vector<T>&)>;

  static void Start(const ScopedRest& rest, RestCall first, Parse parse, More more,
                    CallDone<std::vector<T>> done) {
    auto walk = std::make_shared<PageWalk>(rest);
    walk->first_ = std::move(first);
    walk->parse_ = parse;
    walk->more_ = std::move(more);
    walk->done_ = std::move(done);
    walk->Ask("");
  }

  explicit PageWalk(const ScopedRest& rest) : rest_(rest) {}

 private:
  static constexpr std::int32_t kPagesMax = 1000;  // a server that never ends a list is wrong

  void Ask(const std::string& page_token) {
    RestCall call = first_;
    if (!page_token.empty()) {
      AddQuery(call.target, "page_token", page_token);
    }
    rest_.Send(std::move(call), [self = this->shared_from_this()](RestAnswer answer) {
      self->Take(ToResult<wire::Page<T>>(std::move(answer), RestVerb::kRead, self->parse_));
    });
  }

  void Take(CallResult<wire::Page<T>> page) {
    result_.calls += page.calls;
    result_.took += page.took;
    result_.waited += page.waited;
    if (!page.ok()) {
      result_.failure = std::move(page.failure);
      result_.value.clear();
      done_(std::move(result_));
      return;
    }
    std::move(page.value.items.begin(), page.value.items.end(), std::back_inserter(result_.value));
    ++pages_;
    const bool last = page.value.next_page_token.empty() || (more_ && !more_(result_.value));
    if (last || pages_ == kPagesMax) {
      done_(std::move(result_));
    } else {
      Ask(page.value.next_page_token);
    }
  }

  const ScopedRest rest_;
  RestCall first_ = {};
  Parse parse_ = nullptr;
  More more_ = {};
  CallDone<std::vector<T>> done_ = {};
  CallResult<std::vector<T>> result_ = {};
  std::int32_t pages_ = 0;
};

}  // namespace roomkeeper
