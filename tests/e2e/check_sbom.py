#!/usr/bin/env python3
"""check_sbom.py SBOM ROOMKEEPERD: the build's list of parts is whole, sound, says what this machine has, and
roomkeeperd --version says the same."""

import json
import subprocess
import sys

# What a reader would look for first; of each the version that is linked here.
EXPECTED = ("libc6", "libcurl4", "libgrpc29", "libprotobuf32", "libsqlite3-0", "libssl3", "nlohmann-json3-dev")


def told(roomkeeperd):
    """The version and the packages that the program says it was built of."""
    first, *rest = subprocess.run([roomkeeperd, "--version"], check=True, capture_output=True,
                                  text=True).stdout.splitlines()
    return first.split()[1], dict(line.split() for line in rest)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    packages = {package["name"]: package for package in document["packages"]}
    ids = [package["SPDXID"] for package in document["packages"]]
    problems = []
    if document["spdxVersion"] != "SPDX-2.3" or len(set(ids)) != len(ids):
        problems.append("it is no SPDX 2.3 document with an id for each part")
    for name in EXPECTED:
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], check=True,
                                 capture_output=True, text=True).stdout
        if packages.get(name, {}).get("versionInfo") != version:
            problems.append(f"{name} {version} is not in it")
    for program in ("roomkeeperd", "roomctl", "databricks-sim"):
        linked = [relation for relation in document["relationships"]
                  if relation["spdxElementId"] == "SPDXRef-" + program]
        if len(packages.get(program, {}).get("checksums", [])) != 1 or len(linked) < 10:
            problems.append(f"{program} is not described")
    for relation in document["relationships"]:
        if relation["relatedSpdxElement"] not in ids:
            problems.append(f"{relation['relatedSpdxElement']} is linked and not described")
    version, linked = told(sys.argv[2])
    listed = {relation["relatedSpdxElement"] for relation in document["relationships"]
              if relation["spdxElementId"] == "SPDXRef-roomkeeperd"}
    expected = {name: package["versionInfo"] for name, package in packages.items() if package["SPDXID"] in listed}
    if version != packages["roomkeeperd"]["versionInfo"]:
        problems.append(f"roomkeeperd says that it is {version}, the list {packages['roomkeeperd']['versionInfo']}")
    for name in sorted(set(linked) | set(expected)):
        if linked.get(name) != expected.get(name):
            problems.append(f"roomkeeperd --version says {name} {linked.get(name)}, the list {expected.get(name)}")
    print("\n".join(problems) or f"{len(packages)} parts, {len(document['relationships'])} relations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
