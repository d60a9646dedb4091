"""What attention looks like on ordinary prompts, head by head, and how unusual the rarest of them are.

"This prompt does something strange to head 4 of layer 12" needs a comparison, and with hundreds of heads it needs a fair
one. On any prompt *some* head is three standard deviations from its mean: with 540 numbers a z of 3 is what chance alone
brings. So the numbers are not judged one by one. A text is judged by its largest |z|, and that by the largest |z| of
other ordinary texts.

Two numbers describe a head on a text: its *evenness*, the entropy of each row divided by the entropy of an even row
(between 0 and 1, so that length drops out to first order), and its `sink_mass`. Ordinary texts are split in two. The
*reference* half gives each number its mean and standard deviation. The *calibration* half, which had no part in those,
gives the scores that ordinary texts get. The threshold is the k-th smallest of the n calibration scores,
k = ⌈(n + 1)(1 - α)⌉; a further ordinary text lies above it with probability (n + 1 - k)/(n + 1) ≤ α, whatever the
distribution, as long as it is drawn like the others (split conformal prediction; for outliers: Bates et al. 2023,
arXiv:2104.08279). That is the average over calibration sets; the rate of *one* calibration set follows a
Beta(n + 1 - k, k) distribution, and with 40 calibration texts and α = 0.05 that leaves everything from 0.6 % to 13 % open.

Pitfalls. "Drawn like the others" carries all the weight: texts of another length, language or layout are flagged, and
rightly so, without being suspicious in any way a reader cares about. And scoring a text that was in the reference half
makes it look more ordinary than it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attention.entropy import even_entropy
from course_lib.attention.evenness import head_evenness
from course_lib.attention.layers import attention_layers
from course_lib.attention.sink import sink_mass
from course_lib.attribution.inputs import as_ids
from course_lib.batches import Progress
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

FEATURES = ("evenness", "sink")
SMALLEST_SPREAD = 1e-3  # both features lie between 0 and 1; a head that never varies must not divide by nothing
FEWEST_REFERENCES = 8


def head_features(
    model: LocalModel, text: str | Sequence[int] | Int[Tensor, " position"]
) -> Float[Tensor, "feature layer head"]:
    """Evenness and sink mass of every head on one text of at least two tokens; both between 0 and 1.

    Example:
        >>> from course_lib import load_model
        >>> head_features(load_model("tiny:0"), "The model reads").shape
        torch.Size([2, 2, 3])
    """
    ids = as_ids(model, text, "text")
    even_entropy(len(ids))  # refuses a text in which no query has a choice
    features = [torch.stack([head_evenness(maps), sink_mass(maps)]) for maps in attention_layers(model, ids)]
    return torch.stack(features, dim=1)


@dataclass(repr=False, frozen=True, eq=False)
class AttentionBaseline:
    """Attention on ordinary texts, as a yardstick.

    Attributes:
        mean: mean of each number over the reference texts.
        spread: its standard deviation there, at least 0.001.
        calibration: the score of each calibration text, smallest first: its largest |z|.
        threshold: a text is unusual when its score is above this.
        lengths: the shortest and the longest of all texts, in tokens.
        settings: alpha, seed, how many texts, the model.
    """

    mean: Float[Tensor, "feature layer head"]
    spread: Float[Tensor, "feature layer head"]
    calibration: Float[Tensor, " text"]
    threshold: float
    lengths: tuple[int, int]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def false_positive_rate(self) -> float:
        """How often a further ordinary text is called unusual, on average over calibration sets; at most alpha."""
        n = len(self.calibration)
        return (n + 1 - threshold_rank(n, self.settings["alpha"])) / (n + 1)

    def false_positive_range(self) -> tuple[float, float]:
        """The rates that 95 % of calibration sets of this size lead to."""
        from scipy.stats import beta

        n = len(self.calibration)
        k = threshold_rank(n, self.settings["alpha"])
        low, high = beta.ppf([0.025, 0.975], n + 1 - k, k)
        return float(low), float(high)

    def z(self, features: Float[Tensor, "*text feature layer head"]) -> Float[Tensor, "*text feature layer head"]:
        """How many standard deviations each number lies from the reference mean."""
        return (features - self.mean) / self.spread

    def text(self) -> str:
        """The yardstick in words."""
        low, high = self.false_positive_range()
        return (
            f"Baseline from {self.settings['n_reference']} reference and {len(self.calibration)} calibration texts of "
            f"{self.lengths[0]} to {self.lengths[1]} tokens ({self.settings.get('model')}).\n"
            f"Unusual: largest |z| over {self.mean.numel()} numbers above {self.threshold:.2f}.\n"
            f"False positives on ordinary texts: {self.false_positive_rate:.3f} on average over calibration sets; "
            f"95 % of sets of this size give {low:.3f} to {high:.3f}."
        )

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in self.text().splitlines())


def threshold_rank(n: int, alpha: float) -> int:
    """Which of `n` calibration scores, from the smallest, is the threshold: ⌈(n + 1)(1 - alpha)⌉.

    Raises:
        CourseError: when alpha is no rate, or so small that `n` scores cannot tell.

    Example:
        >>> threshold_rank(99, 0.05)
        95
    """
    if not 0 < alpha < 1:
        raise CourseError(f"{alpha} is no false-positive rate.", "Choose alpha between 0 and 1, for example 0.05.")
    k = math.ceil((n + 1) * (1 - alpha) - 1e-9)
    if k > n:
        need = math.ceil(1 / alpha - 1e-9) - 1
        raise CourseError(
            f"{n} calibration texts cannot support a false-positive rate of {alpha:g}.",
            f"Half of the texts calibrate: give at least {2 * need} texts, or choose a larger alpha.",
        )
    return k


def fitted_baseline(
    features: Float[Tensor, "text feature layer head"], lengths: Sequence[int], *, alpha: float = 0.05, seed: int = 0
) -> AttentionBaseline:
    """The yardstick from the numbers of ordinary texts, split in two at random.

    Args:
        features: `head_features` of each text.
        lengths: the tokens in each text.
        alpha: the largest false-positive rate that is accepted.
        seed: for the split.

    Raises:
        CourseError: when there are fewer than 16 texts, or too few for `alpha`.
    """
    half = len(features) // 2
    if half < FEWEST_REFERENCES:
        raise CourseError(
            f"{len(features)} texts are too few for a baseline.", f"Give at least {2 * FEWEST_REFERENCES}, better 100."
        )
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
    reference, rest = features[order[:half]], features[order[half:]]
    mean, spread = reference.mean(dim=0), reference.std(dim=0).clamp(min=SMALLEST_SPREAD)
    scores = ((rest - mean) / spread).abs().flatten(1).amax(dim=1).sort().values
    threshold = float(scores[threshold_rank(len(rest), alpha) - 1])
    settings = {"alpha": alpha, "seed": seed, "n_reference": half, "features": FEATURES}
    return AttentionBaseline(mean, spread, scores, threshold, (min(lengths), max(lengths)), settings)


def attention_baseline(
    model: LocalModel,
    texts: Sequence[str],
    *,
    alpha: float = 0.05,
    seed: int = 0,
    progress: Progress | None = None,
) -> AttentionBaseline:
    """What attention looks like on ordinary texts; one forward pass per text.

    Args:
        model: a loaded model.
        texts: at least 16, all drawn like the texts that will be judged (rendered by `model.chat` if those are).
        alpha: the largest false-positive rate that is accepted; 0.05 needs 38 texts, 0.01 needs 198.
        seed: for the split into reference and calibration.
        progress: called as `progress(done, total)`, in texts.

    Raises:
        CourseError: when the texts are too few, or one of them has fewer than two tokens.

    Example:
        >>> baseline = attention_baseline(model, ordinary_texts)  # doctest: +SKIP
    """
    if isinstance(texts, str):
        raise CourseError("One text is no baseline.", "Give a list of texts.")
    threshold_rank(len(texts) - len(texts) // 2, alpha)  # fails before the model has worked for nothing
    rows, features = [model.encode(text) for text in texts], []
    for done, row in enumerate(rows, start=1):
        features.append(head_features(model, row))
        if progress is not None:
            progress(done, len(rows))
    baseline = fitted_baseline(torch.stack(features), [len(row) for row in rows], alpha=alpha, seed=seed)
    return replace(baseline, settings={**baseline.settings, "model": model.name})
