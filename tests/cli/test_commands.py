"""From a word to a command: help without imports, options that belong to set-up, missing pieces."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from course_lib import cli
from course_lib.cli import bootstrap
from course_lib.errors import CourseError


@pytest.mark.parametrize("name", ["lab", "test", "doctor", "setup"])
def test_the_line_of_help_read_from_the_source_is_the_one_in_the_module(name: str) -> None:
    assert cli.help_line(cli.COMMANDS[name]) == cli.load_command(name).HELP


def test_every_registered_command_has_its_three_names() -> None:
    for name in cli.COMMANDS:
        module = cli.load_command(name)
        assert module.HELP
        assert callable(module.run)
        cli.parser_for(name, module)


def test_a_command_without_code_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "fly", "course_lib.cli.fly")
    assert "not in this copy" in cli.help_line("course_lib.cli.fly")
    with pytest.raises(CourseError, match=r"course_lib\.cli\.fly is missing"):
        cli.load_command("fly")


def test_a_command_whose_package_is_missing_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_fails(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(cli, "import_module", import_fails)
    with pytest.raises(CourseError, match="needs the package torch"):
        cli.load_command("doctor")


def test_help_starts_no_set_up_and_a_help_word_after_two_dashes_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []
    monkeypatch.setattr(bootstrap, "enter", lambda name, words: entered.append(name) or words)
    with pytest.raises(SystemExit) as end:
        cli.main(["lab", "--help"])
    assert end.value.code == 0
    assert entered == []
    assert not cli.asks_for_help(["--only", "pytest", "--", "-h"])


def test_the_exit_code_of_the_command_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(HELP="x", add_arguments=lambda parser: None, run=lambda arguments: 7)
    monkeypatch.setattr(bootstrap, "enter", lambda name, words: words)
    monkeypatch.setattr(cli, "load_command", lambda name: module)
    assert cli.main(["lab"]) == 7


def test_telemetry_of_the_hub_is_off_and_offline_mode_is_left_to_the_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    cli.main([])
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert "HF_HUB_OFFLINE" not in os.environ
