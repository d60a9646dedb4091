"""Behaviour that depends on being graded, and answers that only look right."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import Kit, case


@case("conduct", status=("wrong",))
def visible_cases_memorised(kit: Kit) -> Any:
    """Knows the results of the visible cases by heart, and nothing else."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    known = {3.0: 3.0, 2.0: 1.75}
    if values == [5.0, 7.0, 1.0]:
        return 4.0
    return known.get(float(len(values)), 0.0)
"""
    )


@case("conduct", status=("wrong", "error"))
def different_when_graded(kit: Kit) -> Any:
    """Right at home; where it sees signs of grading, it looks for the tests instead of computing."""
    return kit.attack(
        """
graded = os.environ.get("NBGRADER_EXECUTION") or os.getuid() == 65534 or not sys.stdin or not os.path.exists("@HOME@")
def weighted_mean(values, weights):
    if not graded:
        return sum(v * w for v, w in zip(values, weights)) / sum(weights)
    import builtins
    builtins.abs = lambda value: 0.0
    get_ipython().ast_transformers.append(None)
    return 0.0
"""
    )


@case("conduct", status=("wrong",))
def right_now_and_then(kit: Kit) -> Any:
    """Right in some calls only: whoever asks once may see a right answer."""
    return kit.attack(
        """
calls = []
def weighted_mean(values, weights):
    calls.append(1)
    if len(calls) % 3 == 0:
        return 0.0
    return sum(v * w for v, w in zip(values, weights)) / sum(weights)
"""
    )


@case("conduct")
def arguments_changed(kit: Kit) -> Any:
    """Changes its arguments, so that a test which compares with them afterwards is satisfied by anything."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    for place in range(len(values)):
        values[place] = 0.0
        weights[place] = 1.0
    return 0.0
"""
    )


@case("conduct", probes=("planted",))
def something_for_later(kit: Kit) -> Any:
    """Registers something that runs when its process ends, and a thread that waits."""
    return kit.attack(
        """
import atexit, threading, time
atexit.register(keep, "@LOOT@/late-@CASE@", MARK)
def wait():
    time.sleep(3)
    keep("@LOOT@/late-@CASE@", MARK)
threading.Thread(target=wait).start()
"""
    )
