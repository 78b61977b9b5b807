#!/usr/bin/env python3
"""deploy/sbom.py PROGRAM... [--version-file FILE] [--output FILE | --cc FILE]: what the programs are made of.

As SPDX 2.3 JSON; with --cc as the list of packages that a program is compiled with (services/version).

Asks the loader which shared objects each program needs, and dpkg which package and source each is
from. Everything else is in the program itself: our own code, and header-only libraries, which are
named in deploy/debian-packages.txt as packages to build with.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys


def run(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def shared_objects(program):
    """The files that the loader maps for it."""
    return sorted(set(re.findall(r"(?:=> )?(/\S+) \(0x", run("ldd", program))))


def owners(paths):
    """The Debian package of each file; dpkg knows it by the path before or after /usr was merged."""
    def forms(path):
        real = os.path.realpath(path)
        return [path, real, real.removeprefix("/usr"), "/usr" + path]

    asked = sorted({form for path in paths for form in forms(path)})
    answer = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True, check=False).stdout
    found = {file: package for package, file in (line.split(": ", 1) for line in answer.splitlines())}
    packages = {}
    for path in paths:
        known = [found[form] for form in forms(path) if form in found]
        if not known:
            sys.exit(f"sbom.py: no Debian package owns {path}: it cannot be listed")
        packages[path] = known[0]
    return packages


# Packages to build with that leave no shared object: their code is inside our programs.
HEADER_ONLY = ("nlohmann-json3-dev",)


def describe(packages):
    form = "${binary:Package}\\t${Version}\\t${source:Package}\\t${source:Version}\\t${Architecture}\\t${Homepage}\\n"
    return {line.split("\t")[0].split(":")[0]: entry(*line.split("\t"))
            for line in run("dpkg-query", "-W", "-f", form, *packages).splitlines()}


def entry(name, version, source, source_version, arch, home):
    name = name.split(":")[0]
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{name}-{arch}"),
        "name": name,
        "versionInfo": version,
        "sourceInfo": f"built from Debian source package {source} {source_version}",
        "homepage": home or "NOASSERTION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "supplier": "Organization: Debian",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{version}?arch={arch}",
        }],
    }


def program(path, version):
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    name = os.path.basename(path)
    return {
        "SPDXID": "SPDXRef-" + name,
        "name": name,
        "versionInfo": version,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
    }


PACKAGES_CC = """#include "services/version/version.h"

namespace roomkeeper {{

const LinkedPackage kLinkedPackages[] = {{
{rows}
}};
const std::size_t kLinkedPackagesCount = sizeof(kLinkedPackages) / sizeof(kLinkedPackages[0]);

}}  // namespace roomkeeper
"""


def write_cc(path, packages):
    rows = (f'    {{"{name}", "{packages[name]["versionInfo"]}"}},' for name in sorted(packages))
    with open(path, "w", encoding="utf-8") as file:
        file.write(PACKAGES_CC.format(rows="\n".join(rows)))


def version_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    parser.add_argument("--version-file", metavar="FILE", help="holds the version of the programs")
    parser.add_argument("--output", default="/dev/stdout", metavar="FILE")
    parser.add_argument("--cc", metavar="FILE", help="instead: a C++ source")
    given = parser.parse_args()

    objects = {path: shared_objects(path) for path in given.programs}
    owner = owners(sorted({file for files in objects.values() for file in files}))
    packages = describe(sorted({*owner.values(), *HEADER_ONLY}))
    if given.cc:
        write_cc(given.cc, packages)
        return
    version = version_of(given.version_file) if given.version_file else "unknown"
    programs = [program(path, version) for path in given.programs]
    relations = []
    for path, ours in zip(given.programs, programs):
        relations.append(("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"]))
        for name in sorted({owner[file].split(":")[0] for file in objects[path]}):
            relations.append((ours["SPDXID"], "DYNAMIC_LINK", packages[name]["SPDXID"]))
        for name in HEADER_ONLY:
            relations.append((ours["SPDXID"], "STATIC_LINK", packages[name]["SPDXID"]))

    digests = "".join(ours["checksums"][0]["checksumValue"] for ours in programs)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "roomkeeper-" + version,
        "documentNamespace": "https://roomkeeper.invalid/spdx/" + hashlib.sha256(digests.encode()).hexdigest(),
        "creationInfo": {
            "created": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: roomkeeper-deploy-sbom"],
        },
        "packages": programs + [packages[name] for name in sorted(packages)],
        "relationships": [
            {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations
        ],
    }
    with open(given.output, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
