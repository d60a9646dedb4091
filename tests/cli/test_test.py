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
    return command.run(arguments or parse())


def test_the_steps_are_all_there_and_pytest_is_last() -> None:
    names = [step.name for step in command.STEPS]
    assert names == ["ruff-check", "ruff-format", "mypy", "lint", "build", "gate", "pytest"]
    assert command.STEPS[4].arguments[-1] == "--check"


def test_steps_beside_each_other_are_printed_whole_and_in_order(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    slow = Step("slow", ("-c", "import time, sys; print(1); time.sleep(0.5); print(2, file=sys.stderr)"))
    gate = Step("gate", ("-c", "print('gated')"))
    assert run_with([slow, PASSES, gate], monkeypatch) == 0
    words = [line for line in capfd.readouterr().out.splitlines() if line and not line.startswith(("Beside", "-"))]
    assert words[:7] == ["== slow", "1", "2", "== passes", "fine", "== gate", "gated"]


def test_gate_and_pytest_get_a_worker_a_core_and_each_worker_one_thread(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name in command.ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    show = "import os, sys; print(*sys.argv[1:], os.environ.get('OMP_NUM_THREADS'))"
    steps = [Step("gate", ("-c", show, "{workers}")), Step("pytest", ("-c", show))]
    assert run_with(steps, monkeypatch, parse("--workers", "3")) == 0
    gate, tests = (line for line in capfd.readouterr().out.splitlines() if line.endswith(" 1"))
    assert gate == "3 1"
    assert "-n 3 --dist loadscope" in tests
    assert run_with(steps, monkeypatch, parse("--workers", "1")) == 0
    assert "1 None" in capfd.readouterr().out
    assert "-n" not in capfd.readouterr().out


@pytest.mark.parametrize(("gibibytes", "expected"), [(1, 1), (9, 2), (1000, 4)])
def test_there_are_as_many_workers_as_cores_and_memory_allow(
    gibibytes: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    monkeypatch.setattr(command.os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: argparse.Namespace(available=gibibytes * 2**30))
    assert command.free_workers() == expected


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


@pytest.mark.parametrize("tool", ["Chromium", "bubblewrap", "a chromium browser", "JupyterHub's proxy"])
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
        run_with(
            [PASSES, FAILS],
            monkeypatch,
            argparse.Namespace(only=["passes"], pytest_arguments=[], json=False, workers=1),
        )
        == 0
    )
    assert "passed" in capfd.readouterr().out


def test_the_closing_table_also_comes_as_json(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = argparse.Namespace(only=None, pytest_arguments=[], json=True, workers=1)
    assert run_with([PASSES, FAILS], monkeypatch, arguments) == 1
    outcomes = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert [(outcome["step"], outcome["passed"]) for outcome in outcomes] == [("passes", True), ("fails", False)]
