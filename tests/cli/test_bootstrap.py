"""The decision that every start takes, and the order of the five steps."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from course_lib.cli import bootstrap, bootstrap_model, bootstrap_venv
from course_lib.cli.bootstrap_places import environment_folder, fingerprint, packages_in, read_stamp, write_stamp
from course_lib.errors import CourseError

from .conftest import install_by_name

HERE = sys.version_info[:2]


class HandedOver(Exception):
    """Raised in place of becoming another program."""


@pytest.fixture
def calls(clone: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`bootstrap` working on the small clone, with every expensive step replaced by a note that it happened."""
    made: list[str] = []

    def note(name: str, result: object = None) -> object:
        def step(*args: object, **kwargs: object) -> object:
            made.append(name)
            return result

        return step

    def hand_over(python: Path, words: list[str]) -> None:
        made.append("hand over: " + " ".join(words))
        raise HandedOver

    monkeypatch.setenv("COURSE_CACHE", str(clone.parent / "cache"))
    monkeypatch.setattr(bootstrap, "repository", lambda: clone)
    monkeypatch.setattr(bootstrap, "make_environment", note("venv", HERE))
    monkeypatch.setattr(bootstrap, "install", note("pip"))
    monkeypatch.setattr(bootstrap, "prepare_model", note("model"))
    monkeypatch.setattr(bootstrap, "finish", note("stamp"))
    monkeypatch.setattr(bootstrap, "hand_over", hand_over)
    monkeypatch.setattr(bootstrap, "version_of", lambda environment: HERE if environment.exists() else None)
    monkeypatch.setattr(bootstrap.needs, "check_disk", lambda root, exists: 10**10)
    monkeypatch.setattr(bootstrap.pins, "satisfied_in", lambda root, python: False)
    monkeypatch.setattr(bootstrap.pins, "problems_here", lambda root: ["torch is missing"])
    monkeypatch.setattr(bootstrap.pins, "course_is_installed", lambda: False)
    return made


def make_finished(clone: Path) -> Path:
    environment = environment_folder(clone)
    packages = packages_in(environment, bootstrap.WINDOWS, HERE)
    install_by_name(packages, "jinja2-3.1.6", "jupyter_client-8.10.0", "ruff-0.17.6")
    write_stamp(environment, fingerprint=fingerprint(clone, environment, HERE), folder=str(environment), model=True)
    return environment


def test_on_a_bare_python_all_steps_run_in_order_and_the_stamp_is_last(calls: list[str]) -> None:
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", ["--port", "80"])
    assert calls == ["venv", "pip", "model", "stamp", "hand over: lab --port 80"]


def test_the_second_time_nothing_is_done(calls: list[str], clone: Path) -> None:
    make_finished(clone)
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", [])
    assert calls == ["hand over: lab"]


def test_packages_that_are_there_are_not_installed_again(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an interruption in the model's step: what is left needs no pip."""
    monkeypatch.setattr(bootstrap.pins, "satisfied_in", lambda root, python: True)
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", [])
    assert calls == ["venv", "model", "stamp", "hand over: lab"]


@pytest.mark.parametrize("damage", ["pins", "package", "version", "stamp"])
def test_what_no_longer_fits_is_taken_up_again(calls: list[str], clone: Path, damage: str) -> None:
    packages = packages_in(make_finished(clone), bootstrap.WINDOWS, HERE)
    if damage == "pins":
        (clone / "constraints.txt").write_text("Jinja2==3.1.7\n")
    elif damage == "package":
        (packages / "ruff-0.17.6.dist-info").rename(packages / "gone")
    elif damage == "version":
        (packages / "ruff-0.17.6.dist-info").rename(packages / "ruff-0.17.5.dist-info")
    else:
        (environment_folder(clone) / "course-setup.json").unlink()
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", [])
    assert "pip" in calls


def test_the_command_setup_trusts_nothing_and_stays(calls: list[str], clone: Path) -> None:
    make_finished(clone)
    assert bootstrap.enter("setup", ["--torch-index", "file:///w"]) == []
    assert calls == ["venv", "pip", "model", "stamp"]


def test_an_environment_that_satisfies_builds_no_second_one(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.pins, "problems_here", lambda root: [])
    monkeypatch.setattr(bootstrap, "read_stamp", lambda environment: {})
    assert bootstrap.enter("lint", ["08"]) == ["08"]
    assert calls == []
    assert bootstrap.enter("lab", ["--no-browser"]) == ["--no-browser"]
    assert calls == ["model", "stamp"]


def test_an_environment_with_a_stamp_does_not_prepare_the_model_again(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.pins, "problems_here", lambda root: [])
    monkeypatch.setattr(bootstrap, "read_stamp", lambda environment: {"model": True})
    bootstrap.enter("lab", [])
    assert calls == []


def test_an_environment_made_for_the_course_that_fell_behind_is_left_to_its_owner(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.pins, "course_is_installed", lambda: True)
    with pytest.raises(CourseError, match="torch is missing") as caught:
        bootstrap.enter("lab", [])
    assert "python -m pip install -c constraints.txt" in caught.value.remedy
    assert bootstrap.enter("doctor", ["--json"]) == ["--json"]
    assert calls == []


def test_the_doctor_runs_without_a_model_and_others_do_not(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise CourseError("The network is down.", "Connect it.")

    monkeypatch.setattr(bootstrap.pins, "satisfied_in", lambda root, python: True)
    monkeypatch.setattr(bootstrap, "prepare_model", fail)
    with pytest.raises(CourseError, match="network"):
        bootstrap.enter("lab", [])
    with pytest.raises(HandedOver):
        bootstrap.enter("doctor", [])
    assert "stamp" not in calls


def test_a_failing_step_leaves_no_stamp_behind(calls: list[str], clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "install", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.enter("lab", [])
    assert calls == ["venv"]
    assert read_stamp(environment_folder(clone)) == {}


def test_whoever_waited_for_a_whole_set_up_does_nothing_again(
    calls: list[str], clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def waited_for(root: Path) -> Iterator[bool]:
        make_finished(clone)
        yield True

    monkeypatch.setattr(bootstrap, "one_set_up_at_a_time", waited_for)
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", [])
    assert calls == ["hand over: lab"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "The disk is full"), (errno.EACCES, "may not be written to"), (errno.EIO, "stopped at")],
)
def test_an_error_of_the_disk_is_a_sentence(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number), "/clone/.venv/course-setup.partial")

    monkeypatch.setattr(bootstrap, "finish", fail)
    with pytest.raises(CourseError, match=said) as caught:
        bootstrap.enter("setup", [])
    assert "course-setup.partial" in caught.value.problem
    assert "run the same command again" in caught.value.remedy.lower()


@pytest.mark.parametrize("words", [["--torch-index", "file:///w"], ["--torch-index=file:///w"]])
def test_the_torch_index_reaches_pip(calls: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(bootstrap, "install", lambda *args: seen.append(args[-1]))
    with pytest.raises(HandedOver):
        bootstrap.enter("lab", ["--port", "80", *words])
    assert seen == ["file:///w"]


def test_the_torch_index_behind_two_dashes_belongs_to_somebody_else() -> None:
    words = ["--", "--torch-index", "x"]
    assert bootstrap.take_torch_index(words) == (words, None)
    with pytest.raises(CourseError, match="without an address"):
        bootstrap.take_torch_index(["--torch-index", "--", "x"])


def test_a_package_without_a_clone_compares_nothing(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "constraints.txt").unlink()
    monkeypatch.setattr(bootstrap, "repository", lambda: clone)
    assert bootstrap.enter("lint", ["08"]) == ["08"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no exec")
def test_handing_over_passes_arguments_and_exit_code(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\nexit 5\n')
    python.chmod(0o755)
    code = (
        f"from pathlib import Path; from course_lib.cli.bootstrap import hand_over; hand_over(Path({str(python)!r}), "
    )
    environment = {**os.environ, "PYTHONPATH": str(bootstrap.repository())}
    result = subprocess.run(
        [sys.executable, "-c", code + "['lab', '--port', '80'])"], capture_output=True, text=True, env=environment
    )
    assert result.stdout == "-m course_lib lab --port 80\n"
    assert result.returncode == 5


def test_a_virtual_environment_is_made_kept_and_repaired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real thing, about ten seconds: made once, found again, made anew without pip and when it was moved."""
    environment = tmp_path / ".venv"
    assert bootstrap_venv.version_of(environment) is None
    environment.mkdir()
    (environment / "half").write_text("")
    version = bootstrap_venv.make_environment(environment)
    assert version == HERE
    assert not (environment / "half").exists()
    assert bootstrap_venv.make_environment(environment) == version
    assert capsys.readouterr().err.count("is there") == 1
    packages = packages_in(environment, bootstrap.WINDOWS, version)
    (packages / "pip").rename(packages / "gone")
    assert not bootstrap_venv.has_pip(environment)
    write_stamp(environment, folder="/somewhere/else")
    bootstrap_venv.make_environment(environment)
    assert bootstrap_venv.has_pip(environment)
    assert read_stamp(environment) == {}


def test_what_went_wrong_with_the_model_comes_back_as_the_same_error(tmp_path: Path) -> None:
    output = 'noise\n{"doing": "x"}\n\n{"problem": "The hash is wrong.", "remedy": "Fetch it again."}\nlate noise\n'
    error = bootstrap_model.model_error(1, output, tmp_path)
    assert (error.problem, error.remedy) == ("The hash is wrong.", "Fetch it again.")


def test_a_preparation_that_was_killed_is_said_to_lack_memory(tmp_path: Path) -> None:
    assert "exit code -9" in bootstrap_model.model_error(-9, '{"doing": "converting"}\n', tmp_path).problem


def test_the_progress_of_the_model_is_the_last_thing_heard() -> None:
    progress = bootstrap_model.ModelProgress()
    assert progress("") == "loading PyTorch"
    assert progress('{"doing": "Converting the model 10 %"}\n') == "Converting the model 10 %"
    assert progress("a warning\n") == "Converting the model 10 %"


def test_a_wrong_hash_in_the_model_step_reaches_the_person(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a real second process: the error crosses it as a sentence, without a traceback."""
    package = clone / "course_lib" / "cli"
    package.mkdir(parents=True)
    (clone / "course_lib" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    source = Path(bootstrap.__file__).with_name("prepare_model.py").read_text()
    (package / "prepare_model.py").write_text(source)
    errors = bootstrap.repository() / "course_lib" / "errors.py"
    (clone / "course_lib" / "errors.py").write_text(errors.read_text())
    (clone / "course_lib" / "models.py").write_text(
        "from course_lib.errors import CourseError\n"
        "def load_model(name, progress):\n"
        "    progress('Downloading', 1, 4)\n"
        "    raise CourseError('The file has another hash.', 'Run it again.')\n"
    )
    monkeypatch.delenv("PYTHONPATH", raising=False)
    log = clone / "log"
    with pytest.raises(CourseError, match=r"^The file has another hash\. Run it again\.$"):
        bootstrap_model.prepare_model(clone, Path(sys.executable), log)
    assert '{"doing": "Downloading 25 %"}' in log.read_text()
