"""Every expression of the Grafana dashboards is valid PromQL, as promtool reads it."""

import json
import os
import re
import shutil
import subprocess
import tempfile

# What Grafana puts in before it asks.
VARIABLES = [(r"\$__rate_interval|\$__interval|\$__range", "5m"), (r"\$\{?\w+\}?", "x")]


def expressions(dashboard):
    """(panel title, expression) of each target."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def check_dashboard(path, dashboard):
    problems = []
    seen = set()
    for panel in dashboard["panels"]:
        if panel["id"] in seen:
            problems.append(f"{path}: two panels have id {panel['id']}")
        seen.add(panel["id"])
        if panel["type"] != "row" and not panel.get("targets"):
            problems.append(f"{path}: panel {panel['title']} reads nothing")
    for title, expression in expressions(dashboard):
        text = expression
        for pattern, value in VARIABLES:
            text = re.sub(pattern, value, text)
        rule = {"groups": [{"name": "a", "rules": [{"record": "a", "expr": text}]}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(rule, file)  # JSON is YAML
            file.flush()
            found = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True,
                                   text=True, check=False)
        if found.returncode != 0:
            problems.append(f"{path}: panel {title}: {expression}: {found.stderr.strip()}")
    return problems


def check(tree):
    if shutil.which("promtool") is None:
        return ["promtool is not installed: deploy/install-packages.sh test"]
    problems = []
    for path in tree.files:
        if path.startswith("deploy/grafana/") and path.endswith(".json"):
            problems += check_dashboard(path, json.loads(tree.read(path)))
    for path in tree.files:
        if re.match(r"deploy/prometheus/[^/]+\.(test|rules)\.yaml$", path):
            kind = ["test", "rules"] if path.endswith(".test.yaml") else ["check", "rules"]
            found = subprocess.run(["promtool", *kind, os.path.join(tree.root, path)],
                                   capture_output=True, text=True, check=False)
            if found.returncode != 0:
                problems.append(f"{path}: {found.stdout}{found.stderr}")
    return problems
