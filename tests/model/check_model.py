#!/usr/bin/env python3
"""Checks tests/model/room.pml with Spin: with all guards on there is no error, and with each of them
left out there is one. Prints one line for each run. check_model.py --trace FLAG... prints the steps
of a counter-example, e.g. --trace -DNO_HOLD."""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

MODEL = pathlib.Path(__file__).resolve().parent / "room.pml"

# Flags, and whether an error is to be found. With all guards on, each run looks further in another
# direction: all at once would be a hundred times as many states.
RUNS = [
    (["-DJOBS=1", "-DEPOCHS=2", "-DBREAKS"], False),
    (["-DJOBS=1", "-DEPOCHS=2", "-DLAGS", "-DTAKEN"], False),
    (["-DJOBS=2", "-DEPOCHS=2"], False),
    (["-DJOBS=3", "-DEPOCHS=1", "-DBREAKS", "-DLAGS", "-DTAKEN"], False),
    (["-DNO_FENCE"], True),
    (["-DNO_HOLD"], True),
    (["-DNO_QUAR"], True),
    (["-DNO_UNIQ"], True),
    (["-DNO_INTENT"], True),
    (["-DNO_MARK", "-DTAKEN"], True),
    (["-DNO_INHERIT", "-DEPOCHS=1"], True),
    (["-DNO_FRESH", "-DEPOCHS=1"], True),
]


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def check(flags, folder):
    """What pan finds with these flags: (errors, states). Exits if it cannot tell."""
    guarded = not any(flag.startswith("-DNO_") for flag in flags)  # a long search: worth optimising
    for command in (
        ["spin", "-a", *flags, str(MODEL)],
        ["gcc", "-O1" if guarded else "-O0", "-w", "-DSAFETY", "-DMEMLIM=2000", "-o", "pan", "pan.c"],
    ):
        made = run(command, folder)
        if made.returncode != 0:
            sys.exit(f"{' '.join(command)}:\n{made.stdout}{made.stderr}")
    text = run(["./pan", "-m100000", "-w22"], folder).stdout
    states = re.search(r"^ *(\d+) states, stored", text, re.MULTILINE)
    errors = re.search(r"errors: (\d+)", text)
    if states is None or errors is None or "max search depth" in text or "out of memory" in text:
        sys.exit(f"the search did not end properly:\n{text}")
    return int(errors.group(1)), int(states.group(1))


def trace(flags, folder):
    steps = run(["spin", "-t", "-k", "room.pml.trail", *flags, str(MODEL)], folder).stdout
    return "".join(f"  {line.strip()}\n" for line in steps.splitlines()
                   if re.search(r"^ *(server|platform|caller)|assertion", line))


def main():
    if sys.argv[1:2] == ["--trace"]:
        with tempfile.TemporaryDirectory() as folder:
            errors, _ = check(sys.argv[2:], folder)
            print(trace(sys.argv[2:], folder) if errors else "no error")
        return 0
    wrong = 0
    for flags, expected in RUNS:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            errors, states = check(flags, folder)
            found = "an error" if errors else "no error"
            print(f"{' '.join(flags)}: {found}, {states} states, "
                  f"{time.monotonic() - begin:.1f} s", flush=True)
            if (errors > 0) != expected:
                wrong += 1
                print("  … and that is wrong" + ("; its steps:" if errors else ": none was found"))
                print(trace(flags, folder) if errors else "", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
