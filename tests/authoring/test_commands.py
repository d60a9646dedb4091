"""`course build` and `course lint`, as they are called."""

import argparse
import json

import pytest

from course_lib.authoring import chapters
from course_lib.authoring import registry as registries
from course_lib.cli import build, lint


@pytest.fixture
def call(course, registry, monkeypatch):
    """Run a command on the example course."""
    monkeypatch.setattr(registries, "import_module", lambda name: registry)
    monkeypatch.setattr(chapters, "course_root", lambda: course)

    def run(command, *words):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return command.run(parser.parse_args(words))

    return run


def test_build_then_check(call, capsys):
    assert call(build, "1", "--check") == 1
    assert "Run `course build 01_example` to mend this." in capsys.readouterr().out
    assert call(build) == 0
    assert call(build, "--check") == 0


def test_build_prints_json_and_nothing_else(call, capsys):
    assert call(build, "--check", "--json") == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in rows} == {"missing"}
    assert set(rows[0]) == {"chapter", "file", "state"}


def test_lint_exits_by_errors_not_by_warnings(call, source, capsys):
    assert call(lint) == 0
    assert "keeps the contract" in capsys.readouterr().out
    text = source.read_text()
    source.write_text(text.replace("# A list of scores is", "# The mean is 2.75. A list of scores is"))
    assert call(lint, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["rule"], row["level"], row["cell"]) == ("numbers", "warning", "three-numbers")
    source.write_text(text.replace("1 of 18", "3 of 18"))
    assert call(lint) == 1


def test_real_registry_is_the_default():
    assert registries.course_registry().exercise("8.1").id == "8.1"
