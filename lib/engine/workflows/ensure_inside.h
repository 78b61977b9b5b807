#pragma once

#include <string>
#include <vector>

#include "lib/engine/workflows/step_table.h"

namespace roomkeeper {

// What is inside a room (assets, notebooks) is ensured in the same way: add what is not known to be
// there; after a doubt look first, add what is missing, read what LIST does not show, update what
// differs.
struct InsideKind {
  CallKind add = CallKind::kAddAsset;
  CallKind update = CallKind::kUpdateAsset;
  Provider::Depth depth = Provider::Depth::kAssets;
  bool notebooks = false;
};
inline constexpr InsideKind kAssets = {};
inline constexpr InsideKind kNotebooks = {.add = CallKind::kAddNotebook,
                                          .update = CallKind::kUpdateNotebook,
                                          .depth = Provider::Depth::kFull,
                                          .notebooks = true};

void BeginInside(Draft& draft, const InsideKind& kind);
// A good answer to an add, update or read of one of them.
void AnsweredInside(Draft& draft, const InsideKind& kind, const Call& call, const Answer& answer);
// `plan` has nothing to do to the room itself.
void ObservedInside(Draft& draft, const InsideKind& kind, const ObservedRoom& observed,
                    const std::vector<Action>& plan);

// The notebooks of the package that the room shows, with their present etags.
std::vector<NotebookState> NotebooksSeen(const RoomSpec& spec, const ObservedRoom& observed);

// Null if the room does not show it.
const ObservedAsset* FindNotebook(const ObservedRoom& observed, const std::string& name);

}  // namespace roomkeeper
