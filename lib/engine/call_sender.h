#pragma once

#include <functional>

#include "lib/cleanroom/provider.h"
#include "lib/engine/decide.h"
#include "lib/io/loop.h"
#include "lib/packages/package_catalog.h"

namespace roomkeeper {

// Turns a Call into a call of the Provider port, and its result into an Answer. Loop thread only.
class CallSender {
 public:
  using Done = std::function<void(Answer)>;

  // All outlive the calls.
  CallSender(Loop& loop, Provider& provider, const PackageCatalog& packages)
      : loop_(loop), provider_(provider), packages_(packages) {}

  // `done` runs once, on the loop thread, never inside. A notebook whose content is no longer in
  // the catalog is not sent: the answer's error_code is reason::kPackageContentUnavailable.
  void Send(const LiveJob& live, const Call& call, const Done& done);

 private:
  void SendAsset(const CallScope& scope, const RoomSpec& spec, const Call& call, const Done& done);
  void SendNotebook(const CallScope& scope, const RoomSpec& spec, const Call& call,
                    const Done& done);
  void Refuse(const Call& call, CallFailure failure, const Done& done);

  Loop& loop_;
  Provider& provider_;
  const PackageCatalog& packages_;
};

}  // namespace roomkeeper
