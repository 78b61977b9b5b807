"""Words that must not appear, each with the reason. `// lint: <why>` on the line or above exempts."""

import re

from tree import code_lines, is_exempt

# (pattern, where it is allowed, why) over code without comments and literals
CODE = [
    (r"\bstd::string_view\b", None, "use absl::string_view: Debian's is another type"),
    (r"\babsl::(Mutex|MutexLock|CondVar)\b", None,
     "use roomkeeper::Mutex: ThreadSanitizer cannot see absl's"),
    (r"\bstd::(recursive_|timed_|shared_)?mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock)\b",
     r"^lib/base/mutex\.h$|^tests/bench/bare_", "use roomkeeper::Mutex: Clang checks its annotations"),
    (r"\b(u|nano)?sleep(_for|_until)?\s*\(|\babsl::SleepFor\b", None,
     "wait on a signal or advance the clock"),
    (r"\babsl::Now\b|\bchrono::(system|steady|high_resolution)_clock\b",
     r"^lib/base/system_clock\.cc$|^tests/bench/", "time comes from a Clock"),
    (r"\.Reveal\(\)|->Reveal\(\)",
     r"^lib/(http|auth|crypto)/|^lib/databricks/(oauth/credentials|oauth/token_source|oauth/rotation/secret_rotation|wire/token_json)\.cc$|^lib/base/secret\.h$|^tests/"
     r"|^lib/commands/brands/api_keys\.cc$|^services/(roomctl/(connection|commands/enroll)|roomkeeperd/([a-z_]+|api/(brand|enrollment)_service))\.cc$"
     r"|^services/databricks_sim/",
     "a secret leaves Secret only where it is sent or signed with"),
    (r"\babsl::(optional|variant|make_unique)\b", None, "use the std:: type"),
    (r"\bstd::(format|expected|source_location|views|ranges)\b", None,
     "not in both compilers of Debian 12"),
    (r"\busing namespace\b", r"^tests/", "name what you use"),
    (r"(?<!\()\bnew [A-Z]|\bdelete [a-z]|\bmalloc\(", r"^tests/", "unique_ptr owns"),
    (r"\bdynamic_cast\b", None, "say what you mean with types"),
    (r"\bcout\b|\bprintf\(", r"^services/|^tests/|^lib/base/check\.cc$", "lib/ logs, it never prints"),
]

# … and over the whole text of every file
TEXT = [
    (r"\b(TODO|FIXME|XXX)\b", r"^tests/lint/", "finish it or open an issue"),
    (r"absl/log/", r"^tests/lint/|^docs/", "Debian 12's Abseil has none"),
    (r"#include <catch2/catch\.hpp>", r"^tests/(support/matchers\.h$|lint/)",
     "include tests/support/matchers.h"),
    (r"//\s*NOLINT(NEXTLINE)?(\([^)]*\))?\s*$", r"^tests/lint/", "a NOLINT says why"),
]


def search(problems, path, lines, text, rules):
    raw = text.splitlines()
    before = ""
    for number, line in lines:
        if before.endswith("("):  # an argument that clang-format put on a line of its own
            line = "(" + line.lstrip()
        before = line
        if is_exempt(raw, number):
            continue
        for pattern, allowed, why in rules:
            if re.search(pattern, line) and not (allowed and re.search(allowed, path)):
                found = re.search(pattern, line).group(0)
                problems.append(f"{path}:{number}: '{found}': {why}")


def check(tree):
    problems = []
    for path in tree.cpp("lib", "services", "tests"):
        text = tree.read(path)
        search(problems, path, code_lines(text), text, CODE)
        search(problems, path, enumerate(text.splitlines(), 1), text, TEXT)
        if path.endswith(".h") and "#pragma once" not in text:
            problems.append(f"{path}: a header starts with #pragma once")
    return problems
