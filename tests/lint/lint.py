#!/usr/bin/env python3
"""lint.py CHECK...: runs checks of this folder over the source tree. No CHECK: all of them."""

import importlib
import os
import sys

CHECKS = ["floors", "sizes", "tokens", "documents", "tables", "scripts", "dashboard"]


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    from tree import Tree
    tree = Tree(os.path.dirname(os.path.dirname(folder)))
    problems = []
    for name in sys.argv[1:] or CHECKS:
        problems += importlib.import_module(name).check(tree)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems in {len(tree.files)} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
