"""What a function of a learner's own hands back is looked at before it is counted.

A judge that lost its `return` gives None for every answer. None is neither "refused" nor "granted", so both errors of the
ledger would be 0.00, and a gate would open: the safest model of all is one whose judge says nothing. So a part asks for the
type that it counts, and fails with a sentence where it gets another.
"""

from __future__ import annotations

from typing import Any

REASONS = ("", "leak", "loop", "lost")


def yes_or_no(given: Any, who: str = "judge") -> bool:
    """True or False, NumPy's and torch's included; nothing else counts as either.

    Raises:
        TypeError: it is something else.

    Example:
        >>> yes_or_no(None)
        Traceback (most recent call last):
        ...
        TypeError: judge gave a NoneType where True or False is due
    """
    plain = given.item() if getattr(given, "shape", None) == () else given
    if not isinstance(plain, bool):
        raise TypeError(f"{who} gave a {type(given).__name__} where True or False is due")
    return plain


def successes_and_cases(given: Any, who: str = "success") -> tuple[int, int]:
    """Two whole numbers, the first no larger than the second.

    Raises:
        TypeError: it is something else.

    Example:
        >>> successes_and_cases((1, 4))
        (1, 4)
    """
    pair = tuple(given) if isinstance(given, (tuple, list)) else ()
    if len(pair) != 2 or not all(isinstance(one, int) for one in pair) or not 0 <= pair[0] <= pair[1]:
        raise TypeError(f"{who} gave {given!r} where (successes, cases) is due")
    return int(pair[0]), int(pair[1])


def shown_and_reason(given: Any, who: str = "watch") -> tuple[int, str]:
    """How many tokens may be shown, and one of the reasons that are counted.

    Raises:
        TypeError: it is something else.

    Example:
        >>> shown_and_reason((3, "leak"))
        (3, 'leak')
    """
    pair = tuple(given) if isinstance(given, (tuple, list)) else ()
    if len(pair) != 2 or not isinstance(pair[0], int) or pair[0] < 0 or pair[1] not in REASONS:
        raise TypeError(
            f"{who} gave {given!r} where (tokens shown, reason) is due; reasons are {', '.join(REASONS[1:])}, or none"
        )
    return int(pair[0]), str(pair[1])
