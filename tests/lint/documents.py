"""Documents: links lead somewhere, nothing names a machine, the changelog and ADRs are in form, and
the tests that the threat model names are there."""

import os
import re

TEXT = (".md", ".txt", ".yaml", ".yml", ".json", ".sh", ".py", ".js", ".mjs", ".cc", ".h", ".proto",
        ".cmake", ".sql", ".html")
NAMED = ("Dockerfile", "CMakeLists.txt", ".ci/run", ".clang-tidy", ".npmrc")

# Paths of somebody's machine, and hosts that serve packages: the tree must build anywhere.
MACHINE = [
    (r"/(home|Users)/[a-z]|/root/|/tmp/w[t]|(^|[\s\"'(=])/w[o]rk/", "a path of one machine"),
    (r"\b(deb|security|snapshot)\.debian\.org|registry\.(npmjs|yarnpkg)\.\w+|pypi\.org|"
     r"files\.pythonhosted|proxy\.golang\.org|docker\.io/|ghcr\.io/|artifact-?registry",
     "a package host: take it from the environment"),
    (r'"resolved": "http', "a package host: lock without resolved addresses (.npmrc: "
     "omit-lockfile-registry-resolved=true)"),
]


def slug(heading):
    """The anchor that Markdown renderers give a heading."""
    text = re.sub(r"`|\*", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(text):
    return {slug(m.group(1)) for m in re.finditer(r"^#+ (.+)$", without_code(text), re.M)}


def without_code(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


def check_links(tree, path):
    problems = []
    text = tree.read(path)
    for match in re.finditer(r"\]\(([^)\s]+)\)", without_code(text)):
        target, _, anchor = match.group(1).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not tree.exists(file):
            problems.append(f"{path}: link to {match.group(1)}: there is no {file}")
        elif anchor and file.endswith(".md") and anchor not in anchors(tree.read(file)):
            problems.append(f"{path}: link to {match.group(1)}: {file} has no such heading")
    return problems


def check_mentions(tree, path):
    """Files that a document names in backticks with their folder exist."""
    problems = []
    pattern = r"`((?:lib|services|tests|deploy|docs|proto)/[\w./-]+\.(?:h|cc|md|yaml|json|sh|py|proto|txt))`"
    for match in re.finditer(pattern, tree.read(path)):
        if not tree.exists(match.group(1)):
            problems.append(f"{path}: names {match.group(1)}, which is not there")
    return problems


THREATS = "docs/threat_model.md"


def check_proofs(tree):
    """Each test that the threat model quotes as a proof is a test case of that name."""
    cases = set()
    for path in tree.cpp("tests"):
        for match in re.finditer(r'TEST_CASE\(\s*("(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*)',
                                 tree.read(path)):
            cases.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(1))))
    problems = []
    for row in re.findall(r"^\| .*\|$", tree.read(THREATS), re.M):
        proof = row.rstrip("| ").rpartition("|")[2]
        problems += [f'{THREATS}: names the test "{name}", which is not there'
                     for name in re.findall(r'"([^"]+)"', proof) if name not in cases]
    return problems


def check(tree):
    problems = []
    for path in tree.files:
        if path.endswith(".md"):
            problems += check_links(tree, path) + check_mentions(tree, path)
        if not path.endswith(TEXT) and path not in NAMED or path.startswith("tests/lint/"):
            continue
        hosts_are_data = path.endswith((".cc", ".h"))  # e.g. in an egress policy
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            for pattern, what in MACHINE:
                if hosts_are_data and "host" in what:
                    continue
                if re.search(pattern, line):
                    problems.append(f"{path}:{number}: {what}: {line.strip()[:80]}")
    for path in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"):
        if not tree.exists(path):
            problems.append(f"{path} is missing")
    if tree.exists("CHANGELOG.md") and "## [Unreleased]" not in tree.read("CHANGELOG.md"):
        problems.append("CHANGELOG.md: has no section [Unreleased]")
    numbers = [path[9:13] for path in tree.files if re.match(r"docs/adr/\d{4}-", path)]
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        problems.append(f"docs/adr: two decisions have number {number}")
    if tree.exists(THREATS):
        problems += check_proofs(tree)
    index = tree.read("docs/README.md") if tree.exists("docs/README.md") else ""
    for path in tree.files:
        if re.match(r"docs/(adr/)?[^/]+\.md$", path) and path != "docs/README.md":
            if f"({path[len('docs/'):]})" not in index:
                problems.append(f"docs/README.md: does not link {path}")
    return problems
