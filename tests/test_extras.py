"""Optional tools: found where they are, and one sentence where they are not."""

import pytest

from course_lib import CourseError, extras


def test_what_is_there_is_found_without_a_word(capsys, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    assert extras.installed("captum")
    assert capsys.readouterr().out == ""


def test_what_is_missing_comes_with_the_command_that_installs_it(capsys, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert not extras.installed("transformer_lens")
    said = capsys.readouterr().out
    assert "transformer-lens is not installed" in said
    assert "pip install transformer-lens -c" in said
    assert "constraints.txt" in said


def test_a_path_with_a_space_is_quoted(monkeypatch):
    monkeypatch.setattr(extras.sys, "executable", "/my course/python")
    assert extras.install_command("captum").startswith('"/my course/python" -m pip')


def test_an_unknown_tool_is_refused():
    with pytest.raises(CourseError, match="does not show 'shap'"):
        extras.installed("shap")
