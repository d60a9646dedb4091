"""The course's start page: the chapters with what each teaches, and how far this learner is.

The page is made anew when `course lab` starts and whenever something was solved while it runs, from two things that exist
anyway: the cards of the released chapters (title, minutes, key insight), so that it cannot fall behind them, and the
learner's own record of progress. It is Markdown, which JupyterLab shows as a page at once: no cell to run, no kernel to
wait for, and a screen reader meets headings, a table and links. It is one learner's page, so it is not committed.

Pitfall: a chapter that somebody is working in may hold anything, also half a file. A notebook that cannot be read gets a
line without details, and the page is there all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from course_lib.authoring.contract.markdown import table_rows
from course_lib.progress import Event, Standing, progress_file, read_events
from course_lib.progress.standing import items_of, standing_of

NAME = "start.md"
_TITLE = re.compile(r"^# +(?:\d+\. +)?(?P<title>.+)$", re.MULTILINE)

_WELCOME = """# AI Safety and Alignment, hands-on

You run language models on your own machine. Here you learn to look inside them: on a real model, offline, with exercises that
tell you which mistake a wrong answer makes.

**How to work.** Open a chapter, run its cells from top to bottom (Shift+Enter), write your answer where it says
`raise NotImplementedError`, and run the check below it. Under the check are three hints and the reference answer, each a button.
Your work is saved in the notebook and stays on this machine.

**If something does not work**, open a terminal (File → New → Terminal) and run `course doctor`.
"""


def write_start_page(root: Path) -> Path | None:
    """Write the page into `chapters/` and return its path; None where there is no chapter, or nothing can be written."""
    notebooks = sorted((root / "chapters").glob("[0-9][0-9]_*/*.ipynb"))
    if not notebooks:
        return None
    path = root / "chapters" / NAME
    try:
        path.write_text(start_page(notebooks, read_events()), encoding="utf-8")
    except OSError:
        return None
    return path


def start_page(notebooks: Sequence[Path], events: Sequence[Event], now: datetime | None = None) -> str:
    """The page as Markdown.

    Args:
        notebooks: the chapters' released notebooks, in order.
        events: what the learner has done.
        now: the time that the page says it was made at; this moment when None.
    """
    standings = [standing_of(items_of(path), events) for path in notebooks]
    rows = "\n".join(_row(path, standing) for path, standing in zip(notebooks, standings, strict=True))
    table = f"## Chapters\n\n| chapter | key insight | minutes | your progress |\n|---|---|---|---|\n{rows}\n"
    return "\n".join([_WELCOME, _yours(notebooks, standings, events, now or datetime.now()), table])


def _yours(notebooks: Sequence[Path], standings: Sequence[Standing], events: Sequence[Event], now: datetime) -> str:
    """What is solved in all, and where to go on."""
    solved = sum(len(standing.solved) for standing in standings)
    everything = sum(len(standing.items) for standing in standings)
    place = _goes_on(notebooks, standings, events)
    lines = ["## Where you are\n", f"{solved} of {everything} exercises and questions solved. {place}\n"]
    where = progress_file()
    if where is not None:
        lines.append(
            f"This page is as of {now:%d %B, %H:%M}; close it and open it again for later. Your progress is kept in "
            f"`{where}`, on this machine only. It is no mark; delete the file and it is forgotten.\n"
        )
    return "\n".join(lines)


def _goes_on(notebooks: Sequence[Path], standings: Sequence[Standing], events: Sequence[Event]) -> str:
    """The next step: in the chapter that was worked in last, else in the first one that is not done."""
    last = next((event.item.split(".")[0] for event in reversed(events)), "")
    pairs = [pair for pair in zip(notebooks, standings, strict=True) if pair[1].items and not pair[1].done]
    if not pairs:
        return "All of it."
    path, standing = next((pair for pair in pairs if str(pair[1].chapter) == last), pairs[0])
    word = "Go on with" if events else "Begin with"
    return f"{word} [{standing.next} in chapter {standing.chapter}]({_address(path)})."


def _row(path: Path, standing: Standing) -> str:
    title, facts = card_of(path)
    minutes = re.match(r"\d+", facts.get("minutes", ""))
    yours = f"✔ {standing.text()}" if standing.done else standing.text()
    name = f"{int(path.parent.name[:2])}. {title}"
    return (
        f"| [{name}]({_address(path)}) | {facts.get('key insight', '')} | {minutes[0] if minutes else ''} | {yours} |"
    )


def card_of(path: Path) -> tuple[str, dict[str, str]]:
    """Title and facts of the card in a chapter's notebook; the folder's name and nothing when it cannot be read."""
    fallback = path.parent.name[3:].replace("_", " ")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        card = next("".join(c["source"]) for c in cells if c["metadata"].get("course", {}).get("role") == "card")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return fallback, {}
    found = _TITLE.search(card)
    return (found["title"] if found else fallback), table_rows(card)


def _address(path: Path) -> str:
    return quote(f"{path.parent.name}/{path.name}")
