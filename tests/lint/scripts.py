"""Scripts can be run as they are, and shellcheck has nothing to say of the shell ones."""

import os
import shutil
import subprocess


def check(tree):
    problems = []
    shell = []
    for path in tree.files:
        full = os.path.join(tree.root, path)
        with open(full, "rb") as file:
            head = file.read(64).split(b"\n")[0]
        if not head.startswith(b"#!"):
            if path.endswith(".sh"):
                problems.append(f"{path}: a shell script starts with #!")
            continue
        if not os.access(full, os.X_OK):
            problems.append(f"{path}: is a script but not executable")
        if b"sh" in head.split(b"/")[-1]:
            shell.append(full)
    tool = shutil.which("shellcheck")
    if tool is None:
        return problems + ["shellcheck is not installed: deploy/install-packages.sh test"]
    found = subprocess.run([tool, "--format=gcc", *shell], capture_output=True, text=True,
                           check=False)
    return problems + found.stdout.splitlines() + found.stderr.splitlines()
