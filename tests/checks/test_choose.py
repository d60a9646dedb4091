"""A question to click: what is picked is the answer, it is noted, it is in the saved notebook, and grading reads it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from course_lib.authoring.kernel import kernel_environment, kernel_manager
from course_lib.checks import CheckFailed, check, choose
from course_lib.checks.choose import CHOICE, Chosen, last_letter, saved_choice
from course_lib.checks.registry import question
from course_lib.grading.notebooks import parse_notebook, with_choice
from course_lib.progress import read_events


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.jsonl"))
    return tmp_path


def right_and_wrong(name: str = "8.Q1") -> tuple[str, str]:
    choices = question(name).choices
    return next(c.letter for c in choices if c.right), next(c.letter for c in choices if not c.right)


def test_a_click_answers_at_once_and_is_noted(kept: Path) -> None:
    right, wrong = right_and_wrong()
    chosen = Chosen(question("8.Q1"))
    row, said = chosen.widget().children
    buttons = {button.description: button for button in row.children}
    assert list(buttons) == [choice.letter for choice in question("8.Q1").choices]
    assert all(button.tooltip.startswith(f"Choose {letter}: ") for letter, button in buttons.items())
    assert str(chosen) == "?"
    buttons[wrong].click()
    assert [letter for letter, button in buttons.items() if button.icon == "check"] == [wrong]
    assert "not right" in said.value
    assert 'role="status"' in said.value
    buttons[right].click()
    assert [letter for letter, button in buttons.items() if button.icon == "check"] == [right]
    assert "✔ right" in said.value
    assert chosen == right
    assert [(e.kind, e.detail) for e in read_events()][-2:] == [("chosen", right), ("passed", right)]
    assert last_letter(question("8.Q1")) == right
    check("8.Q1", chosen)


def test_in_a_class_the_choice_is_noted_and_nothing_is_said(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = right_and_wrong()
    for letter in (right, wrong):
        chosen = Chosen(question("8.Q1"), feedback="with the marks")
        assert chosen.pick(letter) == f"Noted: {letter}. The explanation comes with the marks."
        check("8.Q1", chosen, feedback="with the marks")
    assert {event.kind for event in read_events()} == {"chosen"}
    said = capsys.readouterr().out
    assert said.count("comes with the marks") == 2
    with pytest.raises(CheckFailed, match="not answered"):
        check("8.Q1", "?", feedback="with the marks")


def test_outside_a_notebook_it_is_not_answered() -> None:
    assert choose("8.Q1") == "?"


@pytest.mark.parametrize(
    "outputs",
    [None, "x", [None], [{"data": 3}], [{"data": {CHOICE: "b"}}], [{"data": {CHOICE: {"question": "8.Q2", "letter": "b"}}}],
     [{"data": {CHOICE: {"question": "8.Q1", "letter": "; import x"}}}], [{"data": {CHOICE: {"question": "8.Q1", "letter": 7}}}]],
)  # fmt: skip
def test_anything_else_in_the_outputs_is_no_choice(outputs: Any) -> None:
    assert saved_choice(outputs, "8.Q1") == ""
    assert with_choice('q = choose("8.Q1")', outputs) == 'q = "?"'


@pytest.mark.parametrize(
    "source", ['q = choose("8.Q1")', "q = choose('8.Q1', feedback=\"with the marks\")", 'q = choose("8.Q1")  # click']
)
def test_grading_reads_the_click_from_the_saved_notebook(source: str) -> None:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": Chosen(question("8.Q1"), "b").bundle()}]
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": outputs, "execution_count": 1}
    raw = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()
    assert parse_notebook(raw)["cells"][0]["source"] == 'q = "b"'


def test_a_typed_letter_and_other_code_stay_as_they_are() -> None:
    for source in ('q = "b"', 'q = choose("8.Q1") or "b"', "q = choose(name)\nx = 1"):
        assert with_choice(source, []) == source


@pytest.mark.slow
def test_in_a_notebook_the_choice_is_in_the_output_that_is_saved() -> None:
    import nbformat
    from nbclient import NotebookClient

    pick = f'q.pick("{right_and_wrong()[0]}")'
    cells = ['from course_lib import check, choose\nq = choose("8.Q1")', pick, 'check("8.Q1", q)']
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, km=kernel_manager(), timeout=120)
    with client.setup_kernel(cleanup_kc=True, env=kernel_environment()):
        for place, cell in enumerate(notebook.cells):
            client.execute_cell(cell, place)
    assert saved_choice(json.loads(nbformat.writes(notebook))["cells"][0]["outputs"], "8.Q1") == right_and_wrong()[0]
