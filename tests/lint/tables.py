"""Things that are said twice are the same twice: metrics, states, reasons, keys, simulator rows."""

import glob
import os
import re

from tree import is_exempt

METRIC = re.compile(r"\broomkeeper_[a-z0-9_]+")
HISTOGRAM_SUFFIX = re.compile(r"_(bucket|sum|count)$")
# Recorded by the rule file itself, not by the program.
RECORDED = re.compile(r"^\s*- record: (\S+)", re.M)


def section(text, heading):
    """The part of a Markdown text under one heading, up to the next of its rank."""
    match = re.search(r"^(#+) " + re.escape(heading) + r"\s*$", text, re.M)
    if match is None:
        return ""
    rest = text[match.end():]
    end = re.search(r"^#{1,%d} " % len(match.group(1)), rest, re.M)
    return rest[:end.start()] if end else rest


def metrics_declared(tree):
    """name -> (constant, type)"""
    text = tree.read("lib/obs/metric_table.h")
    pattern = r"MetricDef (k\w+) = \{\s*\"(\w+)\",\s*MetricType::k(\w+)"
    return {m.group(2): (m.group(1), m.group(3)) for m in re.finditer(pattern, text)}


def metrics_in(text, declared):
    names = set()
    for name in METRIC.findall(text):
        base = HISTOGRAM_SUFFIX.sub("", name)
        names.add(base if name not in declared and base in declared else name)
    return names


def check_metrics(tree):
    declared = metrics_declared(tree)
    problems = []
    readers = [f for f in tree.files
               if re.match(r"deploy/(prometheus/[\w.]+rules\.yaml|grafana/\w+\.json)$", f)]
    read = set().union(*[metrics_in(tree.read(f), declared) for f in readers])
    recorded = {name for f in readers for name in RECORDED.findall(tree.read(f))}
    rows = section(tree.read("docs/operations.md"), "Metrics")
    documented = set(re.findall(r"^\| `(\w+)", rows, re.M))
    code = "".join(tree.read(f) for f in tree.cpp("lib", "services")
                   if f != "lib/obs/metric_table.h")
    for name, (constant, kind) in sorted(declared.items()):
        if name not in read:
            problems.append(f"metric {name}: no panel or alert reads it")
        if name not in documented:
            problems.append(f"metric {name}: no row in docs/operations.md")
        if not re.search(rf"\bmetric::{constant}\b", code):
            problems.append(f"metric {name}: nothing writes it ({constant})")
        if (kind == "Counter") != name.endswith("_total"):
            problems.append(f"metric {name}: counters, and only they, end in _total")
    for name in sorted((read | documented) - set(declared) - recorded):
        problems.append(f"metric {name}: read or documented, but not in metric_table.h")
    return problems


def transitions(text, table):
    """{(from, to)} of one constexpr table of lib/model/states.cc, in API names."""
    body = re.search(table + r" = \{(.*?)\n\};", text, re.S).group(1)
    names = dict(re.findall(r"\{\w+::(k\w+), \"([A-Z_]+)\"\}", text))
    pairs = re.findall(r"pair\{\w+::(k\w+), \w+::(k\w+)\}", body)
    return {(names[a], names[b]) for a, b in pairs}


def check_states(tree):
    code = tree.read("lib/model/states.cc")
    document = tree.read("docs/state_machine.md")
    problems = []
    for heading, table in (("Jobs", "kJobTransitions"), ("Clean rooms", "kRoomTransitions")):
        drawn = set(re.findall(r"^\s*([A-Z_]{3,}) --> ([A-Z_]{3,})", section(document, heading),
                               re.M))
        legal = transitions(code, table)
        for a, b in sorted(legal - drawn):
            problems.append(f"docs/state_machine.md: {heading}: lacks {a} --> {b}")
        for a, b in sorted(drawn - legal):
            problems.append(f"docs/state_machine.md: {heading}: {a} --> {b} is not legal")
    return problems


REASONS = "lib/model/reasons.h"
REASON_SECTIONS = ("Errors", "Why a job or room has a problem")


def reasons_documented(tree):
    """The reasons in the first cells of the two tables; one row may be about several."""
    text = tree.read("docs/api.md")
    rows = "".join(section(text, heading) for heading in REASON_SECTIONS)
    cells = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|", rows, re.M)
    return {name for cell in cells for name in re.findall(r"[A-Z_]+", cell)}


def reason_literals(tree, declared):
    """Reasons that are written out where their name belongs."""
    problems = []
    assigned = re.compile(r'\breason\w*(?:\[\])?(?: =|,|\() ?"([A-Z][A-Z_]+)"')
    for path in tree.cpp("lib", "services"):
        if "/databricks_sim/" in path:  # it speaks the platform's words
            continue
        lines = tree.read(path).splitlines()
        for number, line in enumerate(lines, 1):
            found = set(re.findall(r'"([A-Z][A-Z_]+)"', line)) & set(declared)
            found |= set(assigned.findall(line))
            if found and path != REASONS and not is_exempt(lines, number):
                problems += [f'{path}:{number}: "{name}": a reason is named, as reason::k… of '
                             f"{REASONS}" for name in sorted(found)]
    return problems


def check_reasons(tree):
    constants = dict(re.findall(r'(k\w+)\[\] = "([A-Z_]+)"', tree.read(REASONS)))
    declared = set(constants.values())
    documented = reasons_documented(tree)
    tests = "".join(tree.read(f) for f in tree.cpp("tests"))
    problems = [f"reason {name}: no row in docs/api.md" for name in sorted(declared - documented)]
    problems += [f"reason {name}: has a row in docs/api.md, but {REASONS} lacks it"
                 for name in sorted(documented - declared)]
    for constant, name in sorted(constants.items()):
        if not re.search(rf'reason::{constant}\b|\b{name}\b', tests):
            problems.append(f"reason {name}: no test produces it")
    return problems + reason_literals(tree, declared)


def check_config(tree):
    """Each configuration field is read by the server (config_test compares the documents)."""
    structs = re.findall(r"^struct (\w+)Config \{(.*?)^\};", tree.read("lib/config/config.h"),
                         re.M | re.S)
    fields = {name for _, body in structs
              for name in re.findall(r"^  [\w:<>]+ (\w+) = ", body, re.M)}
    code = "".join(tree.read(f) for f in tree.cpp("services/roomkeeperd"))
    code += tree.read("lib/config/provenance_key.cc")
    # One becomes client_id when the config is loaded, the other is a rule about grpc.address.
    resolved = {"client_id_env", "allow_plaintext"}
    return [f"config field {name}: lib/config/config.h has it, the server does not read it"
            for name in sorted(fields - resolved) if not re.search(rf"[.>]{name}\b", code)]


def check_simulator_rows(tree):
    text = "".join(tree.read(f) for f in tree.cpp("tests/simulator"))
    titles = " ".join(re.findall(r"TEST_CASE\(\s*\"([^\"]*(?:\"\s*\"[^\"]*)*)\"", text))
    shown = {int(n) for group in re.findall(r"\brows? ((?:\d+(?:, | and )?)+)", titles)
             for n in re.findall(r"\d+", group)}
    return [f"simulator row {n}: no test in tests/simulator is named \"row {n}: …\""
            for n in range(1, 51) if n not in shown]


def check_alerts(tree):
    """Each alert links to a heading of docs/operations.md that exists."""
    problems = []
    headings = set(re.findall(r"^### (\w+)$", tree.read("docs/operations.md"), re.M))
    for path in glob.glob(os.path.join(tree.root, "deploy/prometheus/*.rules.yaml")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        alerts = re.split(r"^\s*- alert: ", text, flags=re.M)[1:]
        for alert in alerts:
            name = alert.split("\n")[0].strip()
            if f"docs/operations.md#{name.lower()}" not in alert:
                problems.append(f"alert {name}: has no runbook link to its section")
            if name not in headings:
                problems.append(f"alert {name}: docs/operations.md has no section '### {name}'")
            headings.discard(name)
    return problems


def check(tree):
    return (check_metrics(tree) + check_alerts(tree) + check_states(tree) + check_reasons(tree)
            + check_config(tree) + check_simulator_rows(tree))
