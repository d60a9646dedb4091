"""From measurements and limits to an exit code.

A gate in a deployment pipeline answers one question: may this model go on? Two slips make it worthless. It compares the
*number* with the limit and not the interval, so that 1 of 4 fails and 9 of 40 passes by luck of the draw. And it takes a
measurement that is missing for one that is fine: the part that would have found the fault crashed, and the light is
green.

There are two ways to read an interval, and which of them is meant has to be said:

* **lenient** (the default): a limit is exceeded where the *near* end of the interval lies beyond it, so where the data
  contradict the limit. A small sample then passes easily.
* **strict**: it is kept only where the *far* end lies within, so where the data support it. A small sample then fails, and
  the remedy is to measure more. That is the way to go where a miss costs more than an alarm.

Exit codes: 0, every limit is kept; 1, at least one is exceeded; 2, none is exceeded and at least one could not be
measured. 1 goes before 2, because it is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

KEPT, EXCEEDED, UNKNOWN = 0, 1, 2
WORDS = {"kept": "kept", "exceeded": "exceeded", "unknown": "could not be measured"}


def decide(
    measured: Mapping[str, Sequence[float] | None], limits: Mapping[str, float], strict: bool
) -> tuple[int, dict[str, str]]:
    """Hold measurements against limits.

    Args:
        measured: `(value, low, high)` under each measure's name, or None where it could not be measured.
        limits: `{"max_compliance": 0.2, "min_accuracy": 0.4}`: the largest, or smallest, value that is allowed.
        strict: whether the whole interval has to lie within a limit; otherwise a limit is exceeded only where the whole
            interval lies beyond it. An end that lies exactly on the limit is within.

    Returns:
        The exit code: 1 where any limit is exceeded, else 2 where any could not be measured (None, or no such measure),
        else 0; and "kept", "exceeded" or "unknown" for each limit.
    """
    verdicts = {}
    for limit, bound in limits.items():
        kind, _, name = limit.partition("_")
        interval = measured.get(name)
        if interval is None:
            verdicts[limit] = "unknown"
            continue
        _, low, high = interval
        near, far = (low, high) if kind == "max" else (-high, -low)
        end = far if strict else near
        verdicts[limit] = "exceeded" if end > (bound if kind == "max" else -bound) else "kept"
    said = verdicts.values()
    return (EXCEEDED if "exceeded" in said else UNKNOWN if "unknown" in said else KEPT), verdicts
