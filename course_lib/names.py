"""The nearest of the names that there are: what a sentence about a wrong name should end with.

Who mistypes a name knows which one was meant as soon as it is shown. The rule is that of the standard library: the share
of letters that two words have in common, in their order (`difflib`).

Pitfall: with a low cutoff every wrong word gets a guess, and a guess that is far off reads like an insult.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that offers the nearest known name, with a space behind it; nothing where none is near.

    Example:
        >>> did_you_mean("triger", ["intent", "trigger"])
        "Did you mean 'trigger'? "
        >>> did_you_mean("entirely else", ["intent", "trigger"])
        ''
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""
