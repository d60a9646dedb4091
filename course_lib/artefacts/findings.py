"""What a check found in a file, and how loudly it says so.

Three levels and a pass. An *alarm* stops you: do not load this. *Look* asks for a person, because the check does not know.
A *note* says what you should know about a file that is in order; the default model's own template gets two. A scanner
with only one level either cries at every file or keeps quiet about all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("pass", "note", "look", "alarm")


@dataclass(frozen=True)
class Finding:
    """One check of one file.

    Attributes:
        file: the file's name in its folder.
        check: "imports", "header", "hash" or "template".
        level: "pass", "note", "look" or "alarm".
        text: one sentence.
    """

    file: str
    check: str
    level: str
    text: str


def worst(findings: list[Finding] | tuple[Finding, ...]) -> str:
    """The loudest level.

    Example:
        >>> worst([Finding("a", "header", "pass", ""), Finding("a", "hash", "look", "")])
        'look'
    """
    return max((finding.level for finding in findings), key=LEVELS.index, default="pass")
