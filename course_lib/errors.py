"""The one exception that learners, instructors and operators are meant to read.

A traceback answers "where in the code?". Somebody who typed a wrong file name, lost the network or filled the disk
asks "what do I do now?". So everything that a person can put right is raised as a `CourseError`: one sentence that
says what is wrong, and one that says what to do next. The command line prints it without a traceback; in a notebook
IPython calls `_render_traceback_` and shows the same two sentences.
"""

from __future__ import annotations

import textwrap


class CourseError(Exception):
    """Something the reader can put right.

    Args:
        problem: one sentence, what is wrong.
        remedy: one sentence, what to do next.

    Example:
        >>> str(CourseError("There is no file 'x.gguf'.", "Check the path."))
        "There is no file 'x.gguf'. Check the path."
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback; wrapped, since a notebook breaks long lines inside words."""
        return [line for text in (self.problem, self.remedy) for line in textwrap.wrap(text, width=88)]
