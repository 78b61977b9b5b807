#!/usr/bin/env python3
"""deploy/version.py [--source DIR] [--version V] [--commit C] [--text FILE] [--cc FILE] [--quiet]: what this tree is.

Prints the version and the commit, a line each. A release is a git tag v1.2.3:

  1.2.3                            the tag itself, nothing changed
  1.2.3-4-g0123456789ab            four commits after it
  …-dirty                          files that git tracks were changed
  0.0.0-dev+0123456789ab           no tag before it
  0.0.0-dev, unknown               neither git nor the file of `git archive`, and not told

--version and --commit are believed, for where there is no git (an image); FILE is written only if it changes.
"""

import argparse
import os
import re
import subprocess
import sys

ABBREV = 12
UNKNOWN = "unknown"
NO_RELEASE = "0.0.0-dev"
TAGS = "v[0-9]*"
# Goes into a User-Agent, a C++ text and file names.
FORM = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,99}")


def git(source, *argv):
    """Its answer, or None. It takes no lock: a build must not disturb a commit."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(["git", "-C", source, *argv], capture_output=True, text=True, check=False,
                              env=environment)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def from_git(source):
    top = git(source, "rev-parse", "--show-toplevel")
    # An archive that was unpacked inside another repository is not described by that.
    if not top or os.path.realpath(top) != os.path.realpath(source):
        return None
    commit = git(source, "rev-parse", f"--short={ABBREV}", "HEAD")
    if not commit:
        return None  # no commit yet
    described = git(source, "describe", "--tags", f"--match={TAGS}", f"--abbrev={ABBREV}", "--dirty")
    if described:
        return described[1:], commit
    dirty = git(source, "status", "--porcelain", "--untracked-files=no")
    return f"{NO_RELEASE}+{commit}" + ("-dirty" if dirty else ""), commit


def from_archive(source):
    """What `git archive` wrote down; the repository's own file still has the placeholders."""
    try:
        with open(os.path.join(source, "deploy/archive-version.txt"), encoding="utf-8") as file:
            described, commit = file.read().splitlines()
    except (OSError, ValueError):
        return None
    if "$" in commit or not commit:
        return None
    commit = commit[:ABBREV]
    return described[1:] or f"{NO_RELEASE}+{commit}", commit


def what(source, version, commit):
    found = from_git(source) or from_archive(source) or (NO_RELEASE, UNKNOWN)
    return version.removeprefix("v") or found[0], commit or found[1]


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except OSError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


SOURCE = """#include "services/version/version.h"

namespace roomkeeper {{

const char* const kVersion = "{version}";
const char* const kCommit = "{commit}";

}}  // namespace roomkeeper
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--source", default=here, metavar="DIR", help="of the tree; default: this one")
    parser.add_argument("--version", default="", metavar="V", help="instead of what git says")
    parser.add_argument("--commit", default="", metavar="C", help="instead of what git says")
    parser.add_argument("--text", metavar="FILE", help="gets the version")
    parser.add_argument("--cc", metavar="FILE", help="gets the definitions of services/version/version.h")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    given = parser.parse_args()

    version, commit = what(given.source, given.version, given.commit)
    for name, text in (("version", version), ("commit", commit)):
        if not FORM.fullmatch(text):
            sys.exit(f"version.py: {name} must be at most 100 letters, digits, '.', '+' and '-', got '{text}'")
    if given.text:
        write_if_changed(given.text, version + "\n")
    if given.cc:
        write_if_changed(given.cc, SOURCE.format(version=version, commit=commit))
    if not given.quiet:
        print(f"{version}\n{commit}")


if __name__ == "__main__":
    main()
