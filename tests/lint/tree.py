"""The source tree as the lint tests see it: files, includes, code without comments."""

import os
import re

SKIPPED_FOLDERS = {".git", ".run", "node_modules", "__pycache__", "gen"}
CPP = (".h", ".cc")


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = sorted(self._walk())

    def _walk(self):
        for folder, names, files in os.walk(self.root):
            names[:] = [n for n in names if n not in SKIPPED_FOLDERS and not n.startswith("build")]
            for name in files:
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def read(self, path):
        """The text; empty if there is no such file, so that checks say what is missing in it."""
        if not self.exists(path):
            return ""
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def cpp(self, *tops):
        """C++ files under these folders; generated ones are not in the tree."""
        prefixes = tuple(top + "/" for top in tops)
        return [f for f in self.files if f.endswith(CPP) and f.startswith(prefixes)]


def is_exempt(lines, number):
    """True if the line (1-based) or the one above says `// lint: <why>`."""
    return any("// lint: " in line for line in lines[max(0, number - 2):number])


def includes(text):
    """(line number, target, is_ours) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include ([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def code_lines(text):
    """(line number, line) with comments and the contents of literals blanked out."""
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda m: '""' + "\n" * m.group(0).count("\n"), text,
                  flags=re.S)
    token = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.S)

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] * 2
        return "\n" * found.count("\n")

    # A ' between digits separates thousands and opens no literal.
    text = re.sub(r"(?<=[0-9])'(?=[0-9])", "", text)
    return list(enumerate(token.sub(blank, text).splitlines(), 1))
