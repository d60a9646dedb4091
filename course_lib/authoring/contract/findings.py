"""What a rule of the chapter contract reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One place where a chapter breaks its contract.

    Attributes:
        chapter: the chapter's folder name.
        cell: id of the cell, or "" where a cell is missing.
        rule: the rule's name.
        problem: one sentence, what is wrong.
        remedy: one sentence, what to do.
        level: "error", or "warning" for what a reader has to judge.
    """

    chapter: str
    cell: str
    rule: str
    problem: str
    remedy: str
    level: str = "error"

    def text(self) -> str:
        """One line, as an editor's problem list shows it."""
        place = f"{self.chapter}:{self.cell}" if self.cell else self.chapter
        return f"{place}: {self.level} [{self.rule}] {self.problem} {self.remedy}"
