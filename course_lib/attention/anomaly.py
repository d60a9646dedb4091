"""Is the attention on this text unusual? One verdict per text, with a false-positive rate that was set beforehand.

The yardstick is `course_lib.attention.baseline`: each head's evenness and sink on ordinary texts. A text's score is its
largest |z| over all heads and both numbers; its p value is the share of ordinary calibration texts, itself counted in,
that score at least as high: p = (1 + number of scores ≥ its own) / (n + 1). No p is smaller than 1/(n + 1): that is all
that n texts can say.

What a verdict does not mean. "Unusual" is not "harmful" and not "jailbroken": a poem, a table or a longer prompt can be
unusual, and a harmful request in plain words usually is not. And the heads that are listed are where the text stands
out, not what caused anything. A detector is worth what `alarm_rate` says on ordinary texts that it has not seen, beside
the rate on the texts it is meant to find, both with their intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.attention.baseline import FEATURES, AttentionBaseline, head_features
from course_lib.attribution.inputs import as_ids
from course_lib.errors import CourseError
from course_lib.rates import Rate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

SHOWN = 5


@dataclass(repr=False, frozen=True, eq=False)
class AttentionAnomaly:
    """How unusual the attention on one text is.

    Attributes:
        tokens: the text of each position.
        z: standard deviations from the ordinary mean: evenness and sink of every head.
        score: the largest |z|.
        threshold: the baseline's threshold.
        p_value: the share of ordinary texts, this one counted in, that score at least as high.
        false_positive_rate: how often an ordinary text lies above the threshold.
        settings: the baseline's settings, whether the length is within the baseline's, and the token ids.
    """

    tokens: tuple[str, ...]
    z: Float[Tensor, "feature layer head"]
    score: float
    threshold: float
    p_value: float
    false_positive_rate: float
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def unusual(self) -> bool:
        """Whether the score is above the threshold."""
        return self.score > self.threshold

    def top(self, k: int = SHOWN) -> list[tuple[str, int, int, float]]:
        """The `k` numbers that stand out most: (feature, layer, head, z), largest |z| first."""
        _, layers, heads = self.z.shape
        order = self.z.abs().flatten().argsort(descending=True, stable=True).tolist()[:k]
        spots = [(spot // (layers * heads), spot // heads % layers, spot % heads) for spot in order]
        return [(FEATURES[f], layer, head, float(self.z[f, layer, head])) for f, layer, head in spots]

    def sentence(self) -> str:
        """The verdict in words."""
        verdict = "unusual" if self.unusual else "not unusual"
        length = (
            "" if self.settings["length_within_baseline"] else " Its length is outside the baseline's: expect an alarm."
        )
        return (
            f"Attention is {verdict}: largest |z| {self.score:.2f}, threshold {self.threshold:.2f}, p = {self.p_value:.3f}; "
            f"ordinary texts are above the threshold at a rate of {self.false_positive_rate:.3f}.{length}"
        )

    def rows(self) -> list[dict[str, Any]]:
        """What stands out most."""
        return [{"head": f"L{i}H{j}", "feature": name, "z": z} for name, i, j, z in self.top()]

    def text(self) -> str:
        """The verdict and what stands out most."""
        return text_table(self.rows(), title=self.sentence())

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.sentence())}</p>{html_table(self.rows())}"


def attention_anomaly(
    model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"], baseline: AttentionBaseline
) -> AttentionAnomaly:
    """Judge the attention on one text against ordinary texts.

    Args:
        model: the model that the baseline was made with.
        text: the text, or its token ids; not one of the baseline's.
        baseline: from `attention_baseline`.

    Raises:
        CourseError: when the baseline is of another model, or the text has fewer than two tokens.

    Example:
        >>> print(attention_anomaly(model, model.chat("Why is the sky blue?"), baseline))  # doctest: +SKIP
    """
    if baseline.settings.get("model", model.name) != model.name or tuple(baseline.mean.shape[1:]) != (
        model.n_layers,
        model.n_heads,
    ):
        raise CourseError(
            f"The baseline was made with {baseline.settings.get('model')!r}, and this is {model.name!r}.",
            "Make a baseline with this model: attention_baseline(model, texts).",
        )
    ids = as_ids(model, text, "text")
    z = baseline.z(head_features(model, ids))
    score = float(z.abs().max())
    n = len(baseline.calibration)
    within = baseline.lengths[0] <= len(ids) <= baseline.lengths[1]
    return AttentionAnomaly(
        tokens=tuple(model.tokens(ids)),
        z=z,
        score=score,
        threshold=baseline.threshold,
        p_value=(1 + int((baseline.calibration >= score).sum())) / (n + 1),
        false_positive_rate=baseline.false_positive_rate,
        settings={**baseline.settings, "length_within_baseline": within, "ids": ids.tolist()},
    )


def alarm_rate(model: LocalModel, texts: Sequence[str], baseline: AttentionBaseline) -> Rate:
    """How many of `texts` are unusual, with Wilson's interval: false alarms on ordinary texts, hits on others.

    Raises:
        CourseError: as `attention_anomaly`.

    Example:
        >>> print(alarm_rate(model, fresh_ordinary_texts, baseline))  # doctest: +SKIP
        2 of 50 = 0.04 [0.01, 0.13]
    """
    if isinstance(texts, str):
        raise CourseError("One text has no rate.", "Give a list of texts.")
    return Rate(sum(attention_anomaly(model, text, baseline).unusual for text in texts), len(texts))
