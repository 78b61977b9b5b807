#!/usr/bin/env python3
"""check_sbom.py SBOM: the build's list of parts is whole, sound, and says what this machine has."""

import json
import subprocess
import sys

# What a reader would look for first; of each the version that is linked here.
EXPECTED = ("libc6", "libcurl4", "libgrpc29", "libprotobuf32", "libsqlite3-0", "libssl3", "nlohmann-json3-dev")


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
    print("\n".join(problems) or f"{len(packages)} parts, {len(document['relationships'])} relations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
