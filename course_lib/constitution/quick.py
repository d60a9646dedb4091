"""The two errors of a deployment on a small sample, for any model with a chat template: a minute, and no stored result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_lib.constitution.asked import held_out_requests
from course_lib.constitution.measure import whether_declined
from course_lib.rates import Rate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from course_lib.models import LocalModel


@dataclass(frozen=True, repr=False)
class QuickCheck:
    """How often a deployment declines.

    Attributes:
        name: of the deployment.
        declined: for each kind of request the count and the number of requests.
    """

    name: str
    declined: tuple[tuple[str, int, int], ...]

    def rows(self) -> list[dict[str, str]]:
        """One row for each kind."""
        return [{"requests": kind, "declined": str(Rate(count, n))} for kind, count, n in self.declined]

    def text(self) -> str:
        """The table as plain text."""
        return text_table(self.rows(), title=f"{self.name}: how often it declines")

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=f"{self.name}: how often it declines")


def quick_check(model: LocalModel, groups: int = 12) -> QuickCheck:
    """Ask the first so many groups of the held-out prompts, and count.

    Args:
        model: any model with a chat template.
        groups: each has a harmful request, its harmless twin, and mostly a look-alike.

    Example:
        >>> from course_lib import load_model
        >>> quick_check(load_model("tiny:0"), groups=2).declined[0]
        ('harmful', 0, 2)
    """
    asked = held_out_requests("prompts")
    kept = set(list(dict.fromkeys(request.group for request in asked))[:groups])
    asked = [request for request in asked if request.group in kept]
    said = whether_declined(model, asked)
    kinds = dict.fromkeys(request.kind for request in asked)
    counted = [(kind, [s for request, s in zip(asked, said, strict=True) if request.kind == kind]) for kind in kinds]
    return QuickCheck(model.name, tuple((kind, sum(rows), len(rows)) for kind, rows in counted))
