#!/usr/bin/env python3
"""The lint checks find what they are for: each case plants one fault in a tree of its own."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dashboard  # noqa: E402
import documents  # noqa: E402
import floors  # noqa: E402
import scripts  # noqa: E402
import sizes  # noqa: E402
import tables  # noqa: E402
import tokens  # noqa: E402
from tree import Tree  # noqa: E402

H = "#pragma once\n"


def problems(check, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return check(Tree(root))


class Floors(unittest.TestCase):
    def check(self, path, include):
        return problems(floors.check, {path: f"#include {include}\n"})

    def test_upward_include_is_found(self):
        self.assertTrue(self.check("lib/model/a.h", '"lib/engine/b.h"'))
        self.assertTrue(self.check("lib/databricks/a.cc", '"lib/engine/b.h"'))
        self.assertTrue(self.check("lib/engine/a.cc", '"lib/databricks/b.h"'))
        self.assertTrue(self.check("lib/engine/a.cc", '"lib/store/sqlite/b.h"'))
        self.assertTrue(self.check("lib/engine/a.cc", '"lib/store/group_commit.h"'))

    def test_sideways_include_is_found(self):
        self.assertTrue(self.check("lib/commands/a.cc", '"lib/engine/b.h"'))
        self.assertTrue(self.check("services/roomctl/a.cc", '"services/roomkeeperd/b.h"'))
        self.assertFalse(self.check("services/roomctl/a.cc", '"services/version/version.h"'))

    def test_rules_of_the_product_see_no_http(self):
        self.assertTrue(self.check("lib/engine/a.cc", '"lib/http/http_client.h"'))

    def test_product_code_never_includes_tests(self):
        self.assertTrue(self.check("lib/io/a.cc", '"tests/support/x.h"'))

    def test_downward_include_is_fine(self):
        self.assertFalse(self.check("lib/engine/a.cc", '"lib/store/job_store.h"'))
        self.assertFalse(self.check("lib/engine/workflows/a.cc", '"lib/engine/b.h"'))
        self.assertFalse(self.check("lib/commands/a.cc", '"lib/events/b.h"'))
        self.assertFalse(self.check("services/roomkeeperd/a.cc", '"lib/store/sqlite/b.h"'))

    def test_a_folder_without_a_floor_is_found(self):
        self.assertTrue(self.check("lib/unheard_of/a.cc", "<string>"))

    def test_libraries_stay_where_they_belong(self):
        for library, wrong, right in (
                ("<grpcpp/grpcpp.h>", "lib/engine/a.cc", "services/roomkeeperd/a.cc"),
                ('"roomkeeper/v1/job.pb.h"', "lib/engine/a.cc", "services/roomctl/a.cc"),
                ("<nlohmann/json.hpp>", "lib/databricks/a.cc", "lib/databricks/a_json.cc"),
                ("<yaml-cpp/yaml.h>", "lib/config/a.cc", "lib/yaml/yaml_loader.cc"),
                ("<curl/curl.h>", "lib/databricks/a.cc", "lib/http/curl_client.cc"),
                ("<sqlite3.h>", "lib/store/a.cc", "lib/store/sqlite/a.cc"),
                ("<prometheus/counter.h>", "lib/obs/a.h", "lib/obs/a.cc"),
                ("<openssl/evp.h>", "lib/engine/a.cc", "lib/crypto/a.cc"),
                ("<microhttpd.h>", "services/roomkeeperd/a.cc", "lib/http/mhd_a.cc")):
            self.assertTrue(self.check(wrong, library), library)
            self.assertFalse(self.check(right, library), library)


class Sizes(unittest.TestCase):
    def check(self, text, path="lib/io/a.cc"):
        return problems(sizes.check, {path: text})

    def test_file_at_and_past_the_limit(self):
        self.assertFalse(self.check("int a;\n" * 500))
        self.assertTrue(self.check("int a;\n" * 501))
        self.assertTrue(self.check("int a;\n" * 301, "lib/io/a.h"))

    def test_line_at_and_past_the_limit(self):
        self.assertFalse(self.check("//" + "x" * 98))
        self.assertTrue(self.check("//" + "x" * 99))

    def test_function_at_and_past_the_limit(self):
        self.assertFalse(self.check("void F() {\n" + "  G();\n" * 68 + "}\n"))
        self.assertTrue(self.check("void F() {\n" + "  G();\n" * 69 + "}\n"))
        self.assertTrue(self.check("class A {\n  int F(int a,\n        int b) {\n" + "    G();\n" * 69
                                   + "  }\n};\n"))
        self.assertFalse(self.check("// lint: a table\nvoid F() {\n" + "  G();\n" * 69 + "}\n"))

    def test_parameters_at_and_past_the_limit(self):
        self.assertFalse(self.check("void F(int a, int b, int c, int d, M<K, V> e) {\n}\n"))
        self.assertTrue(self.check("void F(int a, int b, int c, int d,\n       int e, int f) {\n}\n"))

    def test_folder_past_the_limit(self):
        self.assertTrue(problems(sizes.check, {f"lib/io/a{i}.cc": "" for i in range(21)}))


class Tokens(unittest.TestCase):
    def check(self, text, path="lib/io/a.cc"):
        return problems(tokens.check, {path: text})

    def test_banned_words_are_found(self):
        for line in ("void F(std::string_view a);", "absl::Mutex mu;", "std::mutex mu;",
                     "sleep(1);", "std::this_thread::sleep_for(x);", "auto t = absl::Now();",
                     "std::chrono::steady_clock::now();", "Use(secret.Reveal());",
                     "auto* p = new Thing(1);", "std::format(\"\");", "// TODO: later",
                     "x();  // NOLINT"):
            self.assertTrue(self.check(line + "\n"), line)

    def test_words_in_comments_and_literals_are_fine(self):
        self.assertFalse(self.check('// never std::string_view\nLog("sleep(1)");\n'))
        self.assertFalse(self.check("absl::WrapUnique(new Thing(1));\n"))
        self.assertFalse(self.check("// lint: the point of it\nabsl::Now();\n"))

    def test_allowed_places(self):
        self.assertFalse(self.check("absl::Now();\n", "lib/base/system_clock.cc"))
        self.assertFalse(self.check("s.Reveal();\n", "lib/databricks/oauth/token_source.cc"))
        self.assertTrue(self.check("s.Reveal();\n", "lib/databricks/rest_client.cc"))

    def test_header_guard(self):
        self.assertTrue(self.check("int a;\n", "lib/io/a.h"))
        self.assertFalse(self.check(H, "lib/io/a.h"))


class Documents(unittest.TestCase):
    def found(self, files):
        return "\n".join(problems(documents.check, files))

    def test_broken_links_and_names_are_found(self):
        text = "[a](b.md) [c](#here) [d](c.md#gone) `lib/io/none.h`\n## Here\n"
        found = self.found({"docs/x.md": text, "docs/c.md": "# C\n"})
        self.assertIn("link to b.md", found)
        self.assertNotIn("link to #here", found)
        self.assertIn("link to c.md#gone", found)
        self.assertIn("names lib/io/none.h", found)
        self.assertIn("does not link docs/x.md", found)

    def test_machines_are_found(self):
        for text in ("see /root/x", "https:/" "/deb.debian.org/debian",
                     '{"resolved": "https://x/y.tgz"}'):
            self.assertIn("a.json:1", self.found({"deploy/a.json": text}), text)

    def test_proofs_that_are_not_there_are_found(self):
        found = self.found({
            "docs/threat_model.md": '| threat | control | "it holds"; "it is gone" |\n',
            "tests/a_test.cc": 'TEST_CASE("it "\n          "holds", "[a]") {}\n'})
        self.assertIn('names the test "it is gone"', found)
        self.assertNotIn("it holds", found)


class Scripts(unittest.TestCase):
    def test_faults_are_found(self):
        found = "\n".join(problems(scripts.check, {"deploy/a.sh": "#!/bin/sh\nif [ $1 = x ]\n",
                                                   "deploy/b.sh": "echo\n"}))
        self.assertIn("deploy/a.sh: is a script but not executable", found)
        self.assertIn("deploy/a.sh:2", found)
        self.assertIn("deploy/b.sh: a shell script starts with #!", found)


class Dashboard(unittest.TestCase):
    def check(self, expression):
        panel = {"id": 1, "type": "timeseries", "title": "P", "targets": [{"expr": expression}]}
        return dashboard.check_dashboard("d.json", {"panels": [panel]})

    def test_expressions(self):
        self.assertEqual(self.check('sum(rate(a{s=~"$shard"}[$__rate_interval]))'), [])
        self.assertTrue(self.check("sum(rate(a[5m])"))


class Tables(unittest.TestCase):
    TABLE = ('inline constexpr MetricDef kA = {"roomkeeper_a_total", MetricType::kCounter, "", ""};\n'
             'inline constexpr MetricDef kB = {"roomkeeper_b", MetricType::kHistogram, "", ""};\n')

    def metrics(self, rules, rows, code="metric::kA metric::kB"):
        return "\n".join(problems(tables.check_metrics, {
            "lib/obs/metric_table.h": self.TABLE, "lib/obs/a.cc": code,
            "deploy/prometheus/a.rules.yaml": rules,
            "docs/operations.md": "## Metrics\n" + rows + "\n## More\n| `roomkeeper_no` |\n"}))

    def test_metrics(self):
        rules = "rate(roomkeeper_a_total[5m]) roomkeeper_b_bucket"
        rows = "| `roomkeeper_a_total` |\n| `roomkeeper_b` |\n"
        self.assertEqual(self.metrics(rules, rows), "")
        self.assertIn("no panel", self.metrics("roomkeeper_a_total", rows))
        self.assertIn("no row", self.metrics(rules, "| `roomkeeper_b` |\n"))
        self.assertIn("nothing writes", self.metrics(rules, rows, "metric::kA"))
        self.assertIn("roomkeeper_c", self.metrics(rules + " roomkeeper_c", rows))

    STATES = ('Named<JobState>{JobState::kA, "AAA"}, {JobState::kB, "BBB"},\n'
              "constexpr std::array kJobTransitions = {\n"
              "    std::pair{JobState::kA, JobState::kB},\n};\n"
              "constexpr std::array kRoomTransitions = {\n    std::pair{J::kB, J::kA},\n};\n")

    def test_states(self):
        def found(jobs):
            return "\n".join(problems(tables.check_states, {
                "lib/model/states.cc": self.STATES,
                "docs/state_machine.md": f"## Jobs\n{jobs}\n## Clean rooms\nBBB --> AAA\n"}))
        self.assertEqual(found("AAA --> BBB"), "")
        self.assertIn("lacks AAA --> BBB", found(""))
        self.assertIn("BBB --> AAA is not legal", found("AAA --> BBB\nBBB --> AAA"))

    def reasons(self, rows, code="", test="reason::kGone reason::kBusy"):
        declared = ('inline constexpr char kGone[] = "GONE_AWAY";\n'
                    'inline constexpr char kBusy[] = "TOO_BUSY";\n')
        return "\n".join(problems(tables.check_reasons, {
            "lib/model/reasons.h": declared, "lib/a.cc": code, "tests/a.cc": test,
            "docs/api.md": "## Errors\n" + rows + "\n## More\n| `OTHER` |\n"}))

    def test_reasons(self):
        rows = "| `GONE_AWAY`, `TOO_BUSY` | x |\n"
        self.assertEqual(self.reasons(rows), "")
        self.assertIn("GONE_AWAY: no row", self.reasons("| `TOO_BUSY` | x |\n"))
        self.assertIn("reasons.h lacks it", self.reasons(rows + "| `OLD_ONE` | x |\n"))
        self.assertIn("TOO_BUSY: no test", self.reasons(rows, test="reason::kGone"))
        self.assertIn("is named", self.reasons(rows, 'Fail("GONE_AWAY");\n'))
        self.assertIn("is named", self.reasons(rows, 'Problem{.reason = "NEW_ONE"};\n'))
        self.assertEqual(self.reasons(rows, 'Row{"GONE_AWAY"};  // lint: the platform\'s\n'), "")

    def test_config(self):
        header = "struct AConfig {\n  std::string used = {};\n  std::int64_t forgotten = 1;\n};\n"
        found = problems(tables.check_config, {"lib/config/config.h": header,
                                               "services/roomkeeperd/a.cc": "Use(config.used);\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("forgotten", found[0])

    def test_simulator_rows(self):
        test = 'TEST_CASE("row 1: x", "[a]") TEST_CASE("rows 2, 3 and 4: y")'
        found = problems(tables.check_simulator_rows, {"tests/simulator/a.cc": test})
        self.assertEqual(len(found), 46)

    def test_alerts(self):
        def found(rules, text):
            return "\n".join(problems(tables.check_alerts, {
                "deploy/prometheus/a.rules.yaml": rules, "docs/operations.md": text}))
        rules = "  - alert: Slow\n    runbook: x/docs/operations.md#slow\n"
        self.assertEqual(found(rules, "### Slow\n"), "")
        self.assertIn("no section", found(rules, ""))
        self.assertIn("no runbook", found("  - alert: Slow\n", "### Slow\n"))


if __name__ == "__main__":
    unittest.main()
