"""How long does an explorer think before the picture changes?

A hand on a slider notices from about a tenth of a second on, and stops exploring when each step takes a second (Nielsen 1993,
*Usability Engineering*, chapter 5, gives 0.1 s and 1 s). The course asks for 0.2 s for every state that was seen before; a
state that needs a pass of the model may take longer the first time, and is kept.

Measured is what the kernel does: from the change of a control until the new HTML stands in the widget. The browser's own
drawing and the way to it come on top.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.models import LocalModel
    from course_lib.widgets.explorer import Explorer

GOAL = 0.2  # seconds
CLEAN, CORRUPTED = (
    "Mary and John went to the shop. John gave a drink to",
    "Mary and John went to the shop. Mary gave a drink to",
)
SCORES = 600  # prompts of the guardrail


@dataclass(frozen=True)
class Response:
    """One explorer.

    Attributes:
        explorer: its name.
        states: how many states were visited.
        made: seconds until it stood there.
        first: seconds of each state's first visit.
        again: seconds of each state's second visit.
    """

    explorer: str
    states: int
    made: float
    first: tuple[float, ...]
    again: tuple[float, ...]

    def row(self) -> dict[str, Any]:
        """The numbers of a table, in milliseconds."""
        return {
            "explorer": self.explorer,
            "states": self.states,
            "made, ms": round(1000 * self.made),
            "first, median ms": round(1000 * median(self.first)),
            "first, longest ms": round(1000 * max(self.first)),
            "again, median ms": round(1000 * median(self.again), 1),
            "again, longest ms": round(1000 * max(self.again), 1),
            "under 200 ms": "yes" if max(self.again) < GOAL else "NO",
        }


def measure_responses(model: LocalModel, *, progress: Callable[[int, int], None] | None = None) -> list[Response]:
    """The five explorers of models and guardrails, each through its states twice.

    Args:
        model: a loaded model that knows the words of two short English sentences.
        progress: called with how many explorers are done and how many there are.
    """
    found = []
    tours = _tours(model)
    for done, (name, (make, states)) in enumerate(tours.items(), 1):
        start = time.perf_counter()
        explorer = make()
        made = time.perf_counter() - start
        first = tuple(_visit(explorer, state) for state in states)
        again = tuple(_visit(explorer, state) for state in states)
        found.append(Response(name, len(states), made, first, again))
        if progress is not None:
            progress(done, len(tours))
    return found


def _visit(explorer: Explorer, state: Mapping[str, Any]) -> float:
    start = time.perf_counter()
    explorer.set(**state)
    return time.perf_counter() - start


def _tours(model: LocalModel) -> dict[str, tuple[Callable[[], Explorer], list[dict[str, Any]]]]:
    """How each explorer is made, and the states that are visited."""
    from course_lib.widgets import (
        explore_attention,
        explore_attribution,
        explore_guardrail,
        explore_lens,
        explore_patching,
    )
    from course_lib.widgets.attribution_explorer import METHODS

    layers = range(0, model.n_layers, max(1, model.n_layers // 6))
    kinds = ["harmful", "lookalike", "harmless"] * (SCORES // 3)
    scores = [(number * 37 % 101) / 100 for number in range(SCORES)]
    targets = [" Mary", " John"]
    return {
        "attention": (
            lambda: explore_attention(model, CLEAN),
            [{"layer": layer, "head": head} for layer in layers for head in ("mean", 0)],
        ),
        "attribution": (
            lambda: explore_attribution(model, CLEAN, targets),
            [{"method": method, "target": target} for method in METHODS for target in targets],
        ),
        "logit lens": (
            lambda: explore_lens(model, CLEAN, " Mary"),
            [{"blocks": layer, "position": position} for position in (0, 4, 9) for layer in layers],
        ),
        "patching": (
            lambda: explore_patching(model, (CLEAN, CORRUPTED), targets),
            [{"layer": layer, "sites": sites} for layer in layers for sites in ("residual", "heads")],
        ),
        "guardrail": (
            lambda: explore_guardrail(scores, kinds),
            [{"review": step / 20, "block": 1 - step / 40} for step in range(10)],
        ),
    }
