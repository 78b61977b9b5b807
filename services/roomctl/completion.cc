#include "services/roomctl/completion.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"

#include "services/roomctl/command.h"

namespace roomkeeper {

std::string BashCompletion() {
  std::map<std::string, std::string> verbs;  // by group
  std::map<std::string, std::string> flags;  // by "group verb"
  std::set<std::string> first = {"completion", "help"};
  for (const Command& command : AllCommands()) {
    const std::string group = command.group;
    first.insert(group.empty() ? command.verb : group);
    if (!group.empty()) {
      absl::StrAppend(&verbs[group], verbs[group].empty() ? "" : " ", command.verb);
    }
    std::string& line =
        flags[group.empty() ? command.verb : absl::StrCat(group, " ", command.verb)];
    for (const auto* list : {&command.flags, &CommonFlags()}) {
      for (const FlagSpec& flag : *list) {
        absl::StrAppend(&line, line.empty() ? "" : " ", "--", flag.name);
      }
    }
  }
  std::string script =
      "_roomctl() {\n  local words=\"\" current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"";
  for (const std::string& word : first) {
    absl::StrAppend(&script, word, " ");
  }
  absl::StrAppend(&script,
                  "\"\n  elif [ \"$COMP_CWORD\" -eq 2 ] && [[ \"$current\" != -* ]]; then\n"
                  "    case \"${COMP_WORDS[1]}\" in\n");
  for (const auto& [group, words] : verbs) {
    absl::StrAppend(&script, "      ", group, ") words=\"", words, "\" ;;\n");
  }
  absl::StrAppend(&script,
                  "      completion) words=\"bash\" ;;\n    esac\n  else\n"
                  "    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
  for (const auto& [name, words] : flags) {
    const bool single = name.find(' ') == std::string::npos;
    absl::StrAppend(&script, "      \"", name, single ? " \"*" : "\"", ") words=\"", words,
                    "\" ;;\n");
  }
  absl::StrAppend(&script,
                  "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n"
                  "complete -o default -F _roomctl roomctl\n");
  return script;
}

}  // namespace roomkeeper
