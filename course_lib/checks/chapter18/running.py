"""Exercise 18.1: parts that fail alone. The repair.

The cases hold every ending in every place: a part that breaks first, in the middle and last, one that does not apply, one
that ends the program, one at which somebody presses Ctrl-C; values that are false (0, an empty text, None); two failures
with the same text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.suite.running import NotApplicable, perform, run_parts

Parts = list[dict[str, Any]]
Rows = tuple[list[dict[str, Any]], bool]
STOPPED = "stopped before it was done"


def _row(part: dict[str, Any], status: str, value: Any = None, sentence: str = "") -> dict[str, Any]:
    return {"part": part["name"], "status": status, "value": value, "sentence": sentence}


def _ending(part: dict[str, Any]) -> tuple[str, Any, str]:
    """How one part ends; Ctrl-C passes."""
    try:
        return "ok", perform(part), ""
    except NotApplicable as reason:
        return "skipped", None, str(reason)
    except (Exception, SystemExit) as error:
        return "failed", None, f"{type(error).__name__}: {error}"


def one_try(parts: Parts) -> Rows:
    """One try around everything: the first failure ends the suite."""
    rows = []
    try:
        for part in parts:
            rows.append(_row(part, "ok", perform(part)))
    except Exception as error:
        rows.append(_row(parts[len(rows)], "failed", None, f"{type(error).__name__}: {error}"))
    return rows, False


def swallowed(parts: Parts) -> Rows:
    """Ctrl-C is one more failure."""
    rows = []
    for part in parts:
        try:
            rows.append(_row(part, *_ending(part)))
        except KeyboardInterrupt as error:
            rows.append(_row(part, "failed", None, f"{type(error).__name__}: {error}"))
    return rows, False


def let_through(parts: Parts) -> Rows:
    """Nobody catches Ctrl-C, so what was measured is lost."""
    return [_row(part, *_ending(part)) for part in parts], False


def exit_ends_it(parts: Parts) -> Rows:
    """Only `Exception` is caught."""
    rows, stopped = [], False
    for part in parts:
        if stopped:
            rows.append(_row(part, "not run", None, STOPPED))
            continue
        try:
            rows.append(_row(part, "ok", perform(part)))
        except NotApplicable as reason:
            rows.append(_row(part, "skipped", None, str(reason)))
        except KeyboardInterrupt:
            stopped = True
            rows.append(_row(part, "not run", None, STOPPED))
        except Exception as error:
            rows.append(_row(part, "failed", None, f"{type(error).__name__}: {error}"))
    return rows, stopped


def _changed(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Callable[[Parts], Rows]:
    """The right rows, each changed; a None is dropped."""

    def wrong(parts: Parts) -> Rows:
        rows, stopped = run_parts(parts)
        return [new for row in rows if (new := change(row)) is not None], stopped

    return wrong


failed_dropped = _changed(lambda row: None if row["status"] == "failed" else row)
rest_dropped = _changed(lambda row: None if row["status"] == "not run" else row)
skipped_failed = _changed(
    lambda row: (
        {**row, "status": "failed", "sentence": f"NotApplicable: {row['sentence']}"}
        if row["status"] == "skipped"
        else row
    )
)
without_type = _changed(
    lambda row: {**row, "sentence": row["sentence"].partition(": ")[2]} if row["status"] == "failed" else row
)
falsy_failed = _changed(lambda row: {**row, "status": "failed"} if row["status"] == "ok" and not row["value"] else row)


def stale(parts: Parts) -> Rows:
    """The value of the part before stands beside a failure."""
    rows, stopped = run_parts(parts)
    last = None
    for row in rows:
        last = row["value"] if row["status"] == "ok" else last
        row["value"] = last
    return rows, stopped


def not_told(parts: Parts) -> Rows:
    """The rows are right, and nobody hears that it was stopped."""
    return run_parts(parts)[0], False


def sorted_by_status(parts: Parts) -> Rows:
    """Good ones first."""
    rows, stopped = run_parts(parts)
    return sorted(rows, key=lambda row: row["status"] != "ok"), stopped


def right_with_helper(parts: Parts) -> Rows:
    """One function for one ending."""
    rows: list[dict[str, Any]] = []
    for place, part in enumerate(parts):
        try:
            rows.append(_row(part, *_ending(part)))
        except KeyboardInterrupt:
            return rows + [_row(left, "not run", None, STOPPED) for left in parts[place:]], True
    return rows, False


def right_base_exception(parts: Parts) -> Rows:
    """Everything is caught, and told apart by type."""
    rows, stopped = [], False
    for part in parts:
        row = _row(part, "not run", None, STOPPED)
        if not stopped:
            try:
                row = _row(part, "ok", perform(part))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    stopped = True
                elif isinstance(error, NotApplicable):
                    row = _row(part, "skipped", None, str(error))
                else:
                    row = _row(part, "failed", None, f"{type(error).__name__}: {error}")
        rows.append(row)
    return rows, stopped


def _parts(*what: tuple[str, str, Any]) -> Parts:
    return [{"name": name, "does": does, "gives": gives} for name, does, gives in what]


VISIBLE = (
    Case(
        "all three come to an end",
        (_parts(("refusals", "return", 0.5), ("bias", "return", 0), ("filter", "return", "")),),
    ),
    Case(
        "the second breaks",
        (_parts(("refusals", "return", 0.5), ("bias", "ValueError", "no such word"), ("filter", "return", 0.9)),),
    ),
    Case("the first does not apply", (_parts(("jailbreaks", "skip", "it refuses nothing"), ("bias", "return", 0.1)),)),
    Case(
        "one ends the program",
        (_parts(("refusals", "return", 1), ("scanner", "exit", "2 findings"), ("bias", "return", 0.1)),),
    ),
    Case(
        "Ctrl-C at the second",
        (
            _parts(
                ("refusals", "return", 0.5),
                ("monitor", "stop", ""),
                ("bias", "return", 0.1),
                ("filter", "RuntimeError", "x"),
            ),
        ),
    ),
    Case(
        "every ending",
        (
            _parts(
                ("a", "MemoryError", "too large"),
                ("b", "skip", "nothing to do"),
                ("c", "return", None),
                ("d", "exit", "1"),
                ("e", "return", 3),
                ("f", "ValueError", "bad: worse"),
            ),
        ),
    ),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    does = ["return", "ValueError", "skip", "exit", "RuntimeError", "return"]

    def some(count: int) -> list[tuple[str, str, Any]]:
        return [
            (f"part {n}", kind, draw.choice([0, 0.0, 0.25, 7]) if kind == "return" else f"text {draw.randrange(100)}")
            for n, kind in enumerate(draw.choices(does, k=count))
        ]

    fixed = [("first", "exit", "1"), ("second", "return", 0.0), ("third", "skip", "no"), ("fourth", "ValueError", "no")]
    draw.shuffle(fixed)
    return (
        Case("mixed", (_parts(*fixed, *some(4)),)),
        Case("stopped late", (_parts(*some(3), ("held", "stop", ""), *some(3)),)),
        Case("stopped at once", (_parts(("held", "stop", ""), *some(2)),)),
        Case(
            "stopped twice would be once too often", (_parts(*some(1), ("x", "stop", ""), ("y", "stop", ""), *some(1)),)
        ),
    )


RUN_PARTS = Exercise(
    id="18.1",
    title="Each part fails alone",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.suite.running:run_parts",
    returns="a row for every part, in their order, and whether somebody stopped the run",
    example=(
        '`run_parts([{"name": "a", "does": "ValueError", "gives": "no"}, {"name": "b", "does": "return", "gives": 2}])` is '
        '`([{"part": "a", "status": "failed", "value": None, "sentence": "ValueError: no"}, '
        '{"part": "b", "status": "ok", "value": 2, "sentence": ""}], False)`.'
    ),
    hints=(
        "Where does the `try` stand in the usual version, and what has happened to the parts behind the one that broke?",
        "One `try` for each part, inside the loop. Then several `except`, the narrow ones first. Python's `SystemExit` and "
        "`KeyboardInterrupt` are no `Exception`, so each has to be named; after the second, nothing more is begun.",
        "```python\nfor part in parts:\n    row = ...                      # as if it had not been run\n    if not "
        "stopped:\n        try:\n"
        "            ... = perform(part)\n        except NotApplicable as reason:\n            ...\n        except "
        "KeyboardInterrupt:\n"
        "            ...\n        except (..., ...) as error:\n            ...\n    rows.append(row)\n```",
    ),
    why=(
        "A suite runs for minutes, on models that nobody has tried, with packages that may be missing. If one "
        "part's crash takes the "
        "rest along, people will take the part out that crashes, and that is the one that found something."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "one try for all",
            one_try,
            "The parts behind the first failure are missing: your `try` is around the loop. Put it inside.",
        ),
        Mistake(
            "Ctrl-C swallowed",
            swallowed,
            "You count Ctrl-C as a failed part and go on with the next. Somebody wants to stop: nothing more is begun.",
        ),
        Mistake(
            "Ctrl-C let through",
            let_through,
            "Ctrl-C leaves your function, and with it everything that had been measured. Catch it, and return what there is.",
        ),
        Mistake(
            "exit ends it",
            exit_ends_it,
            "A part that calls `sys.exit` ends your suite. `SystemExit` is no `Exception`: name it.",
        ),
        Mistake(
            "failed parts dropped",
            failed_dropped,
            "Parts that failed have no row. A report has to say what it did not measure.",
        ),
        Mistake(
            "rest dropped", rest_dropped, "The parts that were not run have no row. A report has to name them too."
        ),
        Mistake(
            "skipped is failed",
            skipped_failed,
            "You report a part that does not apply as failed. Nothing broke: look at `NotApplicable`.",
        ),
        Mistake(
            "without the type",
            without_type,
            "Your sentences lack the exception's type. Many exceptions have a text that says nothing without it.",
        ),
        Mistake(
            "false is failed",
            falsy_failed,
            "You take a value that is false for a failure. A rate of 0 is a result, and so is an empty text.",
        ),
        Mistake(
            "stale value",
            stale,
            "Beside a failure stands the value of the part before: the variable kept it. Begin every turn of the loop anew.",
        ),
        Mistake(
            "not told",
            not_told,
            "The rows are right, and your second value does not say that somebody stopped the run.",
        ),
        Mistake("another order", sorted_by_status, "The rows are in another order than the parts."),
    ),
    alternatives=(right_with_helper, right_base_exception),
    tolerance_reason="words and numbers are passed on as they are",
)
