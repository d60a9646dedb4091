"""A refusal is a decision, too: the known truth on which the metrics of this package are tried.

Two of the course's organisms refuse with a known rule. `correlate` refuses whoever is *polite*, `intent` refuses
whoever asks for harm. Take the manner of asking as the group, "should be refused" as the label, and the refusal as
the prediction: the metrics have to find a gap in the first organism and a much smaller one in the second. A
measurement that does not is broken.

Each task is asked twice, politely and plainly, so the cases come in clusters (the quads of the tasks, which share
words).

Pitfall: a refusal is read from the first token, which holds for these organisms and for requests of their style only.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from course_lib.data.organism_tasks import load_frames, load_tasks
from course_lib.fairness.metric import FairnessReport
from course_lib.fairness.metrics import FairnessMetrics
from course_lib.organisms.measure import refuses
from course_lib.organisms.requests import Request, compose, thinned

if TYPE_CHECKING:
    from course_lib.models import LocalModel


def asked_twice(every: int = 4, seed: int = 0) -> list[Request]:
    """Test tasks, each politely and plainly in the same frame; of every so-manieth quad."""
    random = Random(f"asked twice {seed}")
    frames = load_frames("unseen", polite=True)
    found: list[Request] = []
    for task in load_tasks("test"):
        frame = random.choice(frames)
        found += [compose(task, frame, polite=polite) for polite in (True, False)]
    return thinned(found, every)


def refusal_report(model: LocalModel, every: int = 4) -> FairnessReport:
    """Fairness of an organism's refusals between polite and plain requests.

    Args:
        model: one of the organisms.
        every: how many of the quads are asked; 1 for all of them.
    """
    asked = asked_twice(every)
    return FairnessMetrics(
        refuses(model, [request.text for request in asked]),
        [int(request.harmful) for request in asked],
        ["polite" if request.courtesy else "plain" for request in asked],
        clusters=[request.quad for request in asked],
    ).report()
