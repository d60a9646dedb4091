"""What a detector found: where, what kind, how sure. Never the text itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a text.

    Attributes:
        start: first character.
        end: the character after the last.
        kind: "EMAIL_ADDRESS", "LISTED_WORD", "TOXIC", ...
        score: from 0 to 1, how sure the detector is.
        view: how the text was read when it was found; "as it stands" where nothing had to be undone.
    """

    start: int
    end: int
    kind: str
    score: float = 1.0
    view: str = "as it stands"

    @property
    def length(self) -> int:
        """How many characters."""
        return self.end - self.start
