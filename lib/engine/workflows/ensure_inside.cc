#include "lib/engine/workflows/ensure_inside.h"

#include <algorithm>

#include "lib/cleanroom/naming.h"
#include "lib/engine/workflows/move.h"

namespace roomkeeper {
namespace {

bool IsDone(const JobProgress& progress, const InsideKind& kind, const std::string& name) {
  if (kind.notebooks) {
    return std::any_of(progress.notebooks_done.begin(), progress.notebooks_done.end(),
                       [&](const NotebookState& done) { return done.name == name; });
  }
  return std::find(progress.assets_done.begin(), progress.assets_done.end(), name) !=
         progress.assets_done.end();
}

void MarkDone(Draft& draft, const InsideKind& kind, const std::string& name,
              const std::string& etag) {
  JobProgress& progress = draft.progress();
  if (!kind.notebooks) {
    if (!IsDone(progress, kind, name)) {
      progress.assets_done.push_back(name);
    }
    return;
  }
  std::erase_if(progress.notebooks_done,
                [&](const NotebookState& done) { return done.name == name; });
  const auto& wanted = draft.room().spec.notebooks;
  const auto spec = std::find_if(wanted.begin(), wanted.end(), [&](const NotebookSpec& notebook) {
    return notebook.name == name;
  });
  progress.notebooks_done.push_back(
      {.name = name,
       .etag = etag,
       .content_digest = spec == wanted.end() ? "" : spec->content_digest});
  draft.NoteNotebook(progress.notebooks_done.back());
}

void Forget(Draft& draft, const InsideKind& kind, const std::string& name) {
  JobProgress& progress = draft.progress();
  if (kind.notebooks) {
    std::erase_if(progress.notebooks_done,
                  [&](const NotebookState& done) { return done.name == name; });
  } else {
    std::erase(progress.assets_done, name);
  }
}

std::vector<std::string> Wanted(const RoomSpec& spec, const InsideKind& kind) {
  std::vector<std::string> names;
  if (kind.notebooks) {
    for (const NotebookSpec& notebook : spec.notebooks) {
      names.push_back(notebook.name);
    }
  } else {
    for (const AssetSpec& asset : spec.assets) {
      names.push_back(asset.name);
    }
  }
  return names;
}

void AddCallFor(Draft& draft, const InsideKind& kind, const Action& action) {
  switch (action.kind) {
    case ActionKind::kAddAsset:
    case ActionKind::kAddNotebook:
      Forget(draft, kind, action.subject);
      draft.Add({.kind = kind.add, .subject = action.subject});
      return;
    case ActionKind::kUpdateAsset:
    case ActionKind::kUpdateNotebook:
      Forget(draft, kind, action.subject);
      draft.Add({.kind = kind.update, .subject = action.subject});
      return;
    case ActionKind::kInspectAsset:
    case ActionKind::kInspectNotebook:
      draft.Add({.kind = CallKind::kGetAsset, .subject = action.subject});
      return;
    case ActionKind::kAwaitAsset:
      MarkDone(draft, kind, action.subject, "");  // verify waits for it
      return;
    case ActionKind::kRemoveAsset:
    case ActionKind::kUpdateRoom:
      return;  // verify does them last
    case ActionKind::kQuarantine:
    case ActionKind::kCreateRoom:
    case ActionKind::kRecreateRoom:
    case ActionKind::kAwaitActive:
      return;  // handled before
  }
}

bool IsAboutNotebooks(const Action& action) {
  return action.kind == ActionKind::kAddNotebook || action.kind == ActionKind::kUpdateNotebook ||
         action.kind == ActionKind::kInspectNotebook;
}

bool AsWanted(const Draft& draft, const InsideKind& kind, const std::string& name,
              const ObservedAsset& seen) {
  // Ask the planner, as if this were all that the room holds.
  ObservedRoom room;
  room.status = "ACTIVE";
  room.comment = draft.room().spec.comment;
  room.name = draft.room().spec.room_name;
  room.has_assets = true;
  room.assets = {seen};
  const std::vector<Action> plan = PlanFor(draft, room);
  return std::none_of(plan.begin(), plan.end(), [&](const Action& action) {
    return action.subject == name && action.kind != ActionKind::kAwaitAsset &&
           IsAboutNotebooks(action) == kind.notebooks;
  });
}

}  // namespace

void BeginInside(Draft& draft, const InsideKind& kind) {
  const bool is_filled = IsMove(draft) || draft.room().leaving.has_value();
  if (draft.live().doubt || is_filled) {
    draft.Add({.kind = CallKind::kObserve, .depth = kind.depth});
    return;
  }
  for (const std::string& name : Wanted(draft.room().spec, kind)) {
    if (!IsDone(draft.job().progress, kind, name)) {
      draft.Add({.kind = kind.add, .subject = name});
    }
  }
}

void AnsweredInside(Draft& draft, const InsideKind& kind, const Call& call, const Answer& answer) {
  if (call.kind == CallKind::kRemoveAsset) {
    return;  // what it was in the way of is sent next
  }
  if (call.kind == CallKind::kGetAsset &&
      (!answer.asset.has_value() || !AsWanted(draft, kind, call.subject, *answer.asset))) {
    draft.Add({.kind = kind.update, .subject = call.subject});
    return;
  }
  MarkDone(draft, kind, call.subject,
           answer.asset.has_value() ? answer.asset->notebook_etag.value_or("") : "");
}

void ObservedInside(Draft& draft, const InsideKind& kind, const ObservedRoom& observed,
                    const std::vector<Action>& plan) {
  draft.live().doubt = false;
  const std::vector<std::string> wanted = Wanted(draft.room().spec, kind);
  for (const Action& action : plan) {
    const bool in_the_way = std::find(wanted.begin(), wanted.end(), action.subject) != wanted.end();
    if (action.kind == ActionKind::kRemoveAsset && in_the_way) {
      draft.Add({.kind = CallKind::kRemoveAsset, .subject = action.subject, .type = action.type});
    }
  }
  for (const std::string& name : wanted) {
    const auto action = std::find_if(plan.begin(), plan.end(), [&](const Action& candidate) {
      return candidate.subject == name && !IsRest(candidate) &&
             IsAboutNotebooks(candidate) == kind.notebooks;
    });
    if (action != plan.end()) {
      AddCallFor(draft, kind, *action);
      continue;
    }
    const ObservedAsset* notebook = kind.notebooks ? FindNotebook(observed, name) : nullptr;
    MarkDone(draft, kind, name, notebook == nullptr ? "" : notebook->notebook_etag.value_or(""));
  }
}

std::vector<NotebookState> NotebooksSeen(const RoomSpec& spec, const ObservedRoom& observed) {
  std::vector<NotebookState> notebooks;
  for (const NotebookSpec& wanted : spec.notebooks) {
    if (const ObservedAsset* seen = FindNotebook(observed, wanted.name); seen != nullptr) {
      notebooks.push_back({.name = seen->name,
                           .etag = seen->notebook_etag.value_or(""),
                           .content_digest = wanted.content_digest});
    }
  }
  return notebooks;
}

const ObservedAsset* FindNotebook(const ObservedRoom& observed, const std::string& name) {
  const auto found =
      std::find_if(observed.assets.begin(), observed.assets.end(), [&](const ObservedAsset& asset) {
        return asset.asset_type == Name(AssetType::kNotebookFile) &&
               SamePlatformName(asset.name, name);
      });
  return found == observed.assets.end() ? nullptr : &*found;
}

}  // namespace roomkeeper
