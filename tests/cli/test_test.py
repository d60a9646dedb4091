"""The command that runs every check: all steps run, failures are counted, and CI does not accept some skips."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import pytest

from course_lib.cli import test as command
from course_lib.cli.test import Step

PASSES = Step("passes", ("-c", "print('fine')"))
FAILS = Step("fails", ("-c", "raise SystemExit(3)"))
SKIPS = """<testsuites><testsuite>
<testcase classname="tests.a" name="drawn"><skipped type="pytest.skip" message="needs {tool}">a.py:3: needs {tool}
</skipped></testcase>
<testcase classname="tests.a" name="fine"/>
<testcase classname="tests.a" name="elsewhere"><skipped message="no python3.8 on this machine"/></testcase>
</testsuite></testsuites>"""


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(list(words))


def pytest_step(report: str, code: int = 0) -> Step:
    """A stand-in for pytest: writes `report` where --junitxml says, prints its arguments and a summary line."""
    script = (
        "import sys, pathlib; place = [w for w in sys.argv if w.startswith('--junitxml=')][0].partition('=')[2]; "
        f"pathlib.Path(place).write_text({report!r}); print(*sys.argv[2:]); print('== 1 passed =='); sys.exit({code})"
    )
    return Step("pytest", ("-c", script))


def run_with(steps: list[Step], monkeypatch: pytest.MonkeyPatch, arguments: argparse.Namespace | None = None) -> int:
    monkeypatch.setattr(command, "STEPS", tuple(steps))
    return command.run(arguments or argparse.Namespace(only=None, pytest_arguments=[], json=False))


def test_the_steps_are_all_there_and_pytest_is_last() -> None:
    names = [step.name for step in command.STEPS]
    assert names == ["ruff-check", "ruff-format", "mypy", "lint", "build", "gate", "pytest"]
    assert command.STEPS[4].arguments[-1] == "--check"


def test_a_failing_step_stops_nothing_and_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert run_with([FAILS, PASSES, pytest_step("<testsuites/>")], monkeypatch) == 1
    out, err = capfd.readouterr()
    assert "fine" in out
    assert [line.split()[:2] for line in out.splitlines() if "FAILED" in line] == [["fails", "FAILED"]]
    assert err.strip() == "Failed: fails."


def test_pytests_summary_line_ends_the_output(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert run_with([PASSES, pytest_step("<testsuites/>")], monkeypatch) == 0
    out, err = capfd.readouterr()
    assert out.strip().splitlines()[-1] == "== 1 passed =="
    assert err == ""


def test_a_failing_pytest_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with([PASSES, pytest_step("<testsuites/>", code=1)], monkeypatch) == 1


def test_a_step_without_its_module_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with([Step("lint", ("-m", "course_lib.no_such_module"))], monkeypatch) == 1


@pytest.mark.parametrize("tool", ["Chromium", "bubblewrap", "a chromium browser"])
def test_a_skip_for_want_of_a_tool_fails_in_ci_and_only_there(
    tool: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    step = pytest_step(SKIPS.format(tool=tool))
    monkeypatch.setenv("CI", "true")
    assert run_with([step], monkeypatch) == 1
    err = capfd.readouterr().err
    assert "tests.a::drawn" in err
    assert "elsewhere" not in err
    monkeypatch.delenv("CI")
    assert run_with([step], monkeypatch) == 0


def test_a_skip_that_pytest_really_writes_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = tmp_path / "test_skips.py"
    case.write_text("import pytest\n@pytest.mark.skipif(True, reason='needs bubblewrap (bwrap)')\ndef test_a(): pass\n")
    monkeypatch.setenv("CI", "true")
    step = Step("pytest", ("-m", "pytest", "-q", "-p", "no:cacheprovider", str(case)))
    assert run_with([step], monkeypatch) == 1


def test_arguments_behind_two_dashes_go_to_pytest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = parse(*shlex.split("--only pytest -- -k 'a or b' -x"))
    assert run_with([FAILS, pytest_step("<testsuites/>")], monkeypatch, words) == 0
    assert "-k a or b -x" in capfd.readouterr().out


def test_only_runs_the_named_steps_and_knows_no_others(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert parse("--only", "mypy", "--only", "lint").only == ["mypy", "lint"]
    with pytest.raises(SystemExit):
        parse("--only", "mipy")
    assert (
        run_with([PASSES, FAILS], monkeypatch, argparse.Namespace(only=["passes"], pytest_arguments=[], json=False))
        == 0
    )
    assert "passed" in capfd.readouterr().out


def test_the_closing_table_also_comes_as_json(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = argparse.Namespace(only=None, pytest_arguments=[], json=True)
    assert run_with([PASSES, FAILS], monkeypatch, arguments) == 1
    outcomes = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert [(outcome["step"], outcome["passed"]) for outcome in outcomes] == [("passes", True), ("fails", False)]
