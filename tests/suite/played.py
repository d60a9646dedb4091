"""Parts that play every ending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from course_lib.rates import Rate
from course_lib.suite import ALL, Found, Measure


@dataclass(frozen=True)
class Played:
    """A part whose ending is written down; it bears the name of one of the course's parts."""

    name: str
    measures: tuple[str, ...]
    raises: BaseException | None = None
    shares: tuple[int, int] = (1, 4)
    question: ClassVar[str] = "What if?"
    chapter: ClassVar[int] = 18
    version: ClassVar[int] = 1

    def run(self, model: Any, config: Any, progress: Any) -> Found:
        """Break, or hand back one number for each measure."""
        if self.raises is not None:
            raise self.raises
        return Found(tuple(Measure.of_rate(name, f"title of {name}", Rate(*self.shares)) for name in self.measures))


def played(**endings: BaseException) -> list[Played]:
    """All of the course's parts by name and measures; those named end as given."""
    return [Played(part.name, part.measures, endings.get(part.name)) for part in ALL]
