"""Hard limits of sizes; CONTRIBUTING.md has the lower ones to aim at."""

import collections
import os
import re

from tree import code_lines, is_exempt

LINES_MAX = {".h": 300, ".cc": 500}
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
FOLDER_FILES_MAX = 20

NOT_A_FUNCTION = re.compile(
    r"^\s*(if|for|while|switch|do|else|try|catch|namespace|struct|class|enum|union|return|extern|"
    r"case|default)\b|^\s*[})]|=\s*\{?$|^\s*\[|TEST_CASE|SECTION")


def functions(text):
    """(first line, last line, head) of each function defined at the start of a statement."""
    lines = [line for _, line in code_lines(text)]
    start = 0
    for i, line in enumerate(lines):
        stripped = line.strip()
        if stripped == "" or stripped.startswith("#") or stripped[-1] in ";}:":
            if not (stripped.endswith("}") and "{" in stripped and "(" in stripped):
                start = i + 1
            continue
        if not stripped.endswith("{"):
            continue
        head = " ".join(part.strip() for part in lines[start:i + 1])
        first, start = start, i + 1
        if "(" not in head or NOT_A_FUNCTION.search(head) or "](" in head or "] {" in head:
            continue
        indent = len(lines[first]) - len(lines[first].lstrip())
        closing = re.compile(r"^ {%d}\}" % indent)
        last = next((j for j in range(i + 1, len(lines)) if closing.match(lines[j])), i)
        yield first + 1, last + 1, head


def parameters(head):
    """How many parameters the head of a function has."""
    depth, count, seen, in_list = 0, 0, False, False
    angle = 0
    for char in head[head.index("("):]:
        if char in "([{":
            depth += 1
            in_list = True
            continue
        if char in ")]}":
            depth -= 1
            if depth == 0 and in_list:
                break
        if char == "<":
            angle += 1
        if char == ">":
            angle -= 1
        if char == "," and depth == 1 and angle <= 0:
            count += 1
        if not char.isspace():
            seen = True
    return count + 1 if seen else 0


def raw_string_lines(text):
    numbers = set()
    for match in re.finditer(r'R"(\w*)\(.*?\)\1"', text, re.S):
        first = text.count("\n", 0, match.start()) + 1
        numbers.update(range(first, first + match.group(0).count("\n") + 1))
    return numbers


def check_file(path, text):
    problems = []
    lines = text.splitlines()
    golden = raw_string_lines(text)  # cannot be broken
    limit = LINES_MAX[os.path.splitext(path)[1]]
    if len(lines) > limit:
        problems.append(f"{path}: {len(lines)} lines, at most {limit}: split it")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and number not in golden:
            problems.append(f"{path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}")
    if path.startswith("tests/"):
        return problems  # Catch2's macros are functions of any length
    for first, last, head in functions(text):
        if is_exempt(lines, first):
            continue
        if last - first + 1 > FUNCTION_LINES_MAX:
            problems.append(f"{path}:{first}: function of {last - first + 1} lines, "
                            f"at most {FUNCTION_LINES_MAX}")
        if parameters(head) > PARAMETERS_MAX:
            problems.append(f"{path}:{first}: {parameters(head)} parameters, at most "
                            f"{PARAMETERS_MAX}: pass a struct")
    return problems


def check(tree):
    problems = []
    folders = collections.Counter()
    for path in tree.cpp("lib", "services", "tests"):
        folders[os.path.dirname(path)] += 1
        problems += check_file(path, tree.read(path))
    for folder, count in folders.items():
        if count > FOLDER_FILES_MAX:
            problems.append(f"{folder}: {count} files, at most {FOLDER_FILES_MAX}: split it")
    return problems
