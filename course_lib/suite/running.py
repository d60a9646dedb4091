"""Run every part, whatever becomes of one of them.

A suite that stops at its first fault loses what it has measured, and one that swallows every fault reports a failure as a
result. Four endings have to be kept apart:

* a part *breaks*: its place in the report says so, and the next part runs;
* a part *does not apply* (the model refuses nothing, an optional package is missing): that is no failure;
* a part *ends the program*: tools that were written for the command line call `sys.exit`, and Python's `SystemExit` is no
  `Exception`; it must not take the suite along;
* a *person* presses Ctrl-C: no part has failed, somebody wants to stop. What is done is kept, nothing more is begun.

Pitfall: `except:` and `except BaseException:` catch the last one too. The suite then calls it a failed part and goes on, and
the person presses Ctrl-C eleven times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class NotApplicable(Exception):
    """A part says that it has nothing to measure on this model; its text says why."""


class RehearsedStop(KeyboardInterrupt):
    """What Ctrl-C raises, raised by a rehearsal; a check catches this one, and never a real one."""

    rehearsed = True


def perform(part: Mapping[str, Any]) -> Any:
    """Run one part: call what stands under `"run"`, or play what is written down for rehearsals.

    A rehearsal is a part as plain data: `"does"` is `"return"`, `"skip"`, `"exit"`, `"stop"` (as if somebody pressed
    Ctrl-C) or the name of an exception, and `"gives"` is what it returns or says.

    Example:
        >>> perform({"name": "bias", "does": "return", "gives": 0.25})
        0.25
    """
    if "run" in part:
        return part["run"]()
    does, gives = part["does"], part.get("gives", "")
    if does == "return":
        return gives
    endings: dict[str, BaseException] = {
        "skip": NotApplicable(gives),
        "exit": SystemExit(gives),
        "stop": RehearsedStop(),
        "ValueError": ValueError(gives),
        "RuntimeError": RuntimeError(gives),
        "MemoryError": MemoryError(gives),
    }
    raise endings[does]


def run_parts(parts: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """Run the parts one after the other; one that fails loses nothing but its own result.

    Args:
        parts: each with its `"name"`; `perform(part)` runs it.

    Returns:
        A row `{"part", "status", "value", "sentence"}` for every part, in their order, and whether somebody stopped it.
        Status is "ok" (value: what it gave; the sentence is empty), "skipped" where it raised `NotApplicable` (sentence:
        its text), "failed" where it raised anything else (sentence: the exception's type, a colon, its text), and
        "not run" for the part that was stopped by Ctrl-C and all behind it (sentence: "stopped before it was done").
        The value is None unless the status is "ok".
    """
    rows: list[dict[str, Any]] = []
    stopped = False
    for part in parts:
        status, value, sentence = "not run", None, "stopped before it was done"
        if not stopped:
            try:
                status, value, sentence = "ok", perform(part), ""
            except NotApplicable as reason:
                status, sentence = "skipped", str(reason)
            except KeyboardInterrupt:
                stopped = True
            except (Exception, SystemExit) as error:
                status, sentence = "failed", f"{type(error).__name__}: {error}"
        rows.append({"part": part["name"], "status": status, "value": value, "sentence": sentence})
    return rows, stopped
