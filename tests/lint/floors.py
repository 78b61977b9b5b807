"""Who may include whom (docs/architecture.md, "Floors"), and where each library may appear."""

import os
import re

from tree import includes

# The longest prefix that matches a file says its floor.
FLOORS = {
    "lib/base": 0, "lib/crypto": 0, "lib/yaml": 0,
    "lib/model": 1, "lib/config": 1, "lib/obs": 1,
    "lib/http": 2, "lib/io": 2, "lib/cleanroom": 2, "lib/auth": 2,
    "lib/store/job_store.h": 2, "lib/store/ops.h": 2, "lib/store/queries.h": 2,
    "lib/store/storage_engine.h": 2,
    "lib/store/backup/store_backups.h": 2,
    "lib/store/audit/audit_chain.h": 2, "lib/store/audit/audit_chain.cc": 2,
    "lib/store/audit/audit_ops.h": 2, "lib/store/audit/audit_query.h": 2,
    "lib/store/enrollment/enrollment_query.h": 2, "lib/store/enrollment/enrollment_store.h": 2,
    "lib/store/audit/audit_store.h": 2, "lib/store/ops": 2,
    "lib/packages/package_catalog.h": 2,
    "lib/store": 3, "lib/packages": 3, "lib/databricks": 3, "lib/databricks_sim": 3,
    "lib/engine": 4, "lib/commands": 4, "lib/events": 4,
    "services": 5, "services/version": 0,  # what was built: said by each program
}

# (from, to) on one floor.
SAME_FLOOR = {
    ("lib/crypto", "lib/base"), ("lib/yaml", "lib/base"),
    ("lib/config", "lib/obs"),
    ("lib/http", "lib/io"), ("lib/store", "lib/io"), ("lib/auth", "lib/store"), ("lib/auth", "lib/http"),
    ("lib/auth", "lib/io"),
    ("lib/engine", "lib/events"), ("lib/commands", "lib/events"),
}

# The rules of the product see ports only, never how a request or a document is made.
RULES_NEVER_SEE = ("lib/http/", "lib/yaml/", "lib/config/")

# library include -> the only files that may have it (regular expressions over paths)
LIBRARIES = [
    (r"^(grpc|grpcpp|google/protobuf)/|\.pb\.h$", r"^(services|tests/(service|e2e|bench|unit/roomctl))/|^tests/fuzz/fuzz_requests\.cc$"),
    (r"^nlohmann/", r"_json\.(cc|h)$|^lib/databricks_sim/|^(services|tests)/"),
    (r"^yaml-cpp/", r"^lib/yaml/yaml_loader\.cc$"),
    (r"^curl/", r"^lib/http/curl_|^tests/(bench|service|e2e)/"),
    (r"^sqlite3\.h$", r"^lib/store/sqlite/|^tests/"),
    (r"^prometheus/", r"^lib/obs/[a-z_]+\.cc$"),
    (r"^openssl/", r"^lib/(crypto|auth)/|^lib/databricks_sim/|^services/databricks_sim/|^tests/"),
    (r"^microhttpd\.h$", r"^lib/http/mhd_"),
    (r"^catch2/", r"^tests/support/matchers\.h$"),
]


def place(path):
    """(module, floor) of a file, or None outside lib/ and services/."""
    best = None
    for prefix, floor in FLOORS.items():
        if path == prefix or path.startswith(prefix + "/"):
            if best is None or len(prefix) > len(best[0]):
                best = (prefix, floor)
    if best is None:
        return None
    parts = path.split("/")
    module = "/".join(parts[:2])
    return module, best[1]


def check_include(path, target):
    """Why `path` may not include our header `target`, or None."""
    source, dest = place(path), place(target)
    if source is None or dest is None:
        return None
    if source[0] == dest[0]:
        return None
    if source[1] == 4 and target.startswith(RULES_NEVER_SEE):
        return f"{source[0]} holds rules of the product and may not see {target}"
    if source[1] == 5 and dest[1] == 5:
        return f"program {source[0]} may not include program {dest[0]}"
    if source[1] == 4 and dest[1] == 3:
        return f"{source[0]} sees ports only, {target} is an engine or a vendor"
    if dest[1] < source[1]:
        return None
    if dest[1] == source[1] and (source[0], dest[0]) in SAME_FLOOR:
        return None
    return f"floor {source[1]} may not include {target} on floor {dest[1]}"


def check(tree):
    problems = []
    for path in tree.cpp("lib", "services", "tests"):
        for number, target, ours in includes(tree.read(path)):
            why = check_include(path, target) if ours else None
            if why:
                problems.append(f"{path}:{number}: {why}")
            if ours and target.startswith("tests/") and not path.startswith("tests/"):
                problems.append(f"{path}:{number}: product code may not include {target}")
            for library, allowed in LIBRARIES:
                if re.search(library, target) and not re.search(allowed, path):
                    problems.append(f"{path}:{number}: {target} is allowed only in {allowed}")
    for path in tree.cpp("lib"):
        if place(path) is None:
            problems.append(f"{path}: {os.path.dirname(path)} has no floor in tests/lint/floors.py")
    return problems
