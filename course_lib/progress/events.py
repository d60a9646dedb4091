"""One line for each thing that a learner did: passed, failed, took a hint, looked at the answer.

The file is only ever appended to, one short line in one write, so two notebooks that check at the same moment do not
mix, and a crash costs at most the line that was being written. A line that cannot be read is skipped: a record of what
somebody did must never be the reason why they cannot go on.

Pitfall: notebooks are also run by programs (the tests, the build, a class being graded), and what they "solve" is
nobody's progress. They set the environment variable COURSE_PROGRESS to `off`. A path in it moves the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "COURSE_PROGRESS"
OFF = "off"
KINDS = ("passed", "failed", "hint", "answer", "chosen")
TOO_LONG = 4_000  # bytes of one line; what is shorter is appended in one piece


@dataclass(frozen=True)
class Event:
    """Something that a learner did.

    Attributes:
        item: the id of the exercise or question, "8.1" or "8.Q1".
        kind: "passed", "failed", "hint", "answer" (the reference answer was shown) or "chosen" (in a question).
        detail: the stage of a hint, the letter of a choice, or the name of the mistake that a check recognised; may be empty.
        time: when, in UTC, as "2026-11-23T01:30:00+00:00".
    """

    item: str
    kind: str
    detail: str = ""
    time: str = ""


def progress_file() -> Path | None:
    """Where the events are kept; None where they are not (COURSE_PROGRESS=off).

    Linux: `~/.local/share/ai-safety-hands-on/progress.jsonl`; macOS: `~/Library/Application Support/…`; Windows:
    `%LOCALAPPDATA%/…`.
    """
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() == OFF:
        return None
    return (
        Path(chosen).expanduser()
        if chosen
        else user_data_path("ai-safety-hands-on", appauthor=False) / "progress.jsonl"
    )


def note(item: str, kind: str, detail: str = "") -> None:
    """Write one event down; where the file cannot be written, nothing happens.

    Raises:
        ValueError: `kind` is none of `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {KINDS}")
    path = progress_file()
    if path is None:
        return
    event = Event(item, kind, detail[:200], datetime.now(UTC).isoformat(timespec="seconds"))
    line = (json.dumps(asdict(event), ensure_ascii=False) + "\n").encode()
    if len(line) > TOO_LONG:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)  # for its owner only
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


def read_events(path: Path | None = None) -> list[Event]:
    """All events, in the order in which they happened; empty where there is no file.

    Args:
        path: the file; that of this learner when None.
    """
    path = progress_file() if path is None else path
    return [] if path is None else list(_events(path))


def _events(path: Path) -> Iterator[Event]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, TypeError):
            event = Event(**json.loads(line))
            if event.kind in KINDS and all(isinstance(part, str) for part in asdict(event).values()):
                yield event
