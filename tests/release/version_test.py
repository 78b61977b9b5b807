#!/usr/bin/env python3
"""What deploy/version.py says of a tree: in git repositories made for the purpose, and without."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/version.py")
TEMPLATE = os.path.join(os.path.dirname(SCRIPT), "archive-version.txt")
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
               "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.invalid",
               "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.invalid"}


def run(*argv, cwd=None):
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT).stdout.strip()


class Version(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = os.path.join(folder.name, "tree")
        os.makedirs(os.path.join(self.tree, "deploy"))
        with open(TEMPLATE, encoding="utf-8") as file:
            self.write("deploy/archive-version.txt", file.read())
        self.write(".gitattributes", "deploy/archive-version.txt export-subst\n")

    def write(self, name, text):
        with open(os.path.join(self.tree, name), "w", encoding="utf-8") as file:
            file.write(text)

    def git(self, *argv):
        return run("git", *argv, cwd=self.tree)

    def commit(self, *tags):
        if not os.path.exists(os.path.join(self.tree, ".git")):
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "--short=12", "HEAD")

    def said(self, *options, tree=None):
        return run(sys.executable, SCRIPT, "--source", tree or self.tree, *options).split("\n")

    def test_without_git_it_is_unknown_or_as_told(self):
        self.assertEqual(self.said(), ["0.0.0-dev", "unknown"])
        self.assertEqual(self.said("--version=v1.2.3", "--commit=abc"), ["1.2.3", "abc"])

    def test_a_repository_without_commits_is_none(self):
        self.git("init", "-q")
        self.assertEqual(self.said(), ["0.0.0-dev", "unknown"])

    def test_without_a_tag_it_is_the_commit(self):
        commit = self.commit("nightly")  # no release
        self.assertEqual(self.said(), [f"0.0.0-dev+{commit}", commit])
        self.write(".gitattributes", "")
        self.assertEqual(self.said(), [f"0.0.0-dev+{commit}-dirty", commit])

    def test_a_tag_is_the_release(self):
        commit = self.commit("v1.2.3")
        self.assertEqual(self.said(), ["1.2.3", commit])
        self.write("untracked", "")
        self.assertEqual(self.said(), ["1.2.3", commit])
        self.write(".gitattributes", "")
        self.assertEqual(self.said(), ["1.2.3-dirty", commit])

    def test_after_a_tag_it_is_how_far(self):
        self.commit("v1.2.3")
        self.commit()
        commit = self.commit()
        self.assertEqual(self.said(), [f"1.2.3-2-g{commit}", commit])

    def test_an_archive_says_what_it_was_made_of(self):
        for tags, version in (((), "0.0.0-dev+{}"), (("v1.2.3",), "1.2.3"), ((), "1.2.3-1-g{}")):
            commit = self.commit(*tags)
            unpacked = os.path.join(os.path.dirname(self.tree), commit)
            os.mkdir(unpacked)
            self.git("archive", "-o", unpacked + ".tar", "HEAD")
            run("tar", "-xf", unpacked + ".tar", "-C", unpacked)
            self.assertEqual(self.said(tree=unpacked), [version.format(commit), commit])

    def test_the_repository_around_a_tree_is_not_its_own(self):
        self.commit("v1.2.3")
        inner = os.path.join(self.tree, "unpacked")
        os.mkdir(inner)
        self.assertEqual(self.said(tree=inner), ["0.0.0-dev", "unknown"])

    def test_a_text_that_would_break_the_source_is_refused(self):
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            self.said('--version=1"; evil();')
        self.assertIn("at most 100 letters", refused.exception.stderr)

    def test_files_are_written_when_the_version_changes_and_not_else(self):
        text, source = os.path.join(self.tree, "version.txt"), os.path.join(self.tree, "version.cc")
        ask = lambda: self.said("--text", text, "--cc", source)  # noqa: E731
        self.commit("v1.2.3")
        ask()
        with open(text, encoding="utf-8") as file:
            self.assertEqual(file.read(), "1.2.3\n")
        os.utime(source, (1, 1))
        ask()
        self.assertEqual(os.stat(source).st_mtime, 1)
        commit = self.commit()
        ask()
        with open(source, encoding="utf-8") as file:
            self.assertIn(f'kCommit = "{commit}"', file.read())


if __name__ == "__main__":
    unittest.main()
