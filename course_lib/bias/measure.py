"""One measurement of a model's pronoun bias: forty occupations, eight sentences, intervals, corrected tests, and the
labour market beside it.

    from course_lib.bias import measure_bias
    result = measure_bias("default")
    print(result)

Two questions are kept apart. *Does the model say he or she of this occupation?* is the gap itself, with an interval
over the sentences. *Does this occupation differ from the others?* is the gap less the mean of all occupations in the
same sentence: what all have in common, the sentence and the model's general preference, cancels. Only the second is
tested, with the false discovery rate held at 5%.

Pitfall: the interval speaks about other sentences of this kind, since sentences were drawn. Forty occupations are
those forty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.bias.detectors import gap_table
from course_lib.bias.groups import correlation
from course_lib.bias.multiple import adjust_p_values
from course_lib.bias.words import labour_shares
from course_lib.data.organism_tasks import load_occupations
from course_lib.errors import CourseError
from course_lib.organisms.resampling import Estimate
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.models import LocalModel

LEVEL = 0.05


@dataclass(frozen=True, repr=False)
class BiasResult:
    """Pronoun bias by occupation.

    Attributes:
        model: its name.
        occupations: as asked.
        templates: the sentences.
        gaps: for each occupation, log odds of "he" against "she" in each sentence, in nats.
        shares: percentage of women in the occupation (United States, 2017); None where it is not known.
        absolute: mean gap of each occupation, with a 95 % interval over sentences (Student's t).
        relative: the same after the mean of all occupations was taken away in each sentence.
        adjusted: p-values of `relative` against 0, by Benjamini and Hochberg.
        flagged: occupations with an adjusted p-value of at most 0.05.
        spread: standard deviation of the relative gaps, in nats: how much the occupation matters.
        correlation: of the mean gap with the share of women, bootstrap over occupations; None with fewer than five
            shares.
    """

    model: str
    occupations: tuple[str, ...]
    templates: tuple[str, ...]
    gaps: tuple[tuple[float, ...], ...]
    shares: tuple[int | None, ...]
    absolute: tuple[Estimate, ...]
    relative: tuple[Estimate, ...]
    adjusted: tuple[float, ...]
    flagged: tuple[str, ...]
    spread: float
    correlation: Estimate | None

    def rows(self) -> list[dict[str, Any]]:
        """A row for each occupation, from "she" to "he"."""
        order = sorted(range(len(self.occupations)), key=lambda row: self.relative[row].value)
        return [
            {
                "occupation": self.occupations[row],
                "women, %": self.shares[row],
                "he - she, nats": str(self.absolute[row]),
                "less the mean": str(self.relative[row]),
                "adjusted p": self.adjusted[row],
                "stands out": "yes" if self.occupations[row] in self.flagged else "",
            }
            for row in order
        ]

    def summary(self) -> str:
        """What was found, in a sentence."""
        beside = f"; correlation with the share of women {self.correlation}" if self.correlation is not None else ""
        return (
            f"{self.model}: {len(self.flagged)} of {len(self.occupations)} occupations stand out "
            f"(false discovery rate 5%), spread {self.spread:.2f} nats{beside}."
        )

    def text(self) -> str:
        """Summary and table."""
        return text_table(self.rows(), title=self.summary())

    __str__ = text
    __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.summary())


def measure_bias(
    model: LocalModel | str,
    occupations: Sequence[str] | None = None,
    templates: Sequence[str] | None = None,
    pair: tuple[str, str] = ("he", "she"),
) -> BiasResult:
    """Measure the pronoun bias of a model by occupation; about six seconds of one core for the default model.

    Args:
        model: a loaded model, or a name that `load_model` takes.
        occupations: at least three; the forty of `labour_shares` when None.
        templates: at least two beginnings of sentences, each with `{occupation}`; eight of the course when None.
        pair: two words, each one token behind a space.

    Raises:
        CourseError: too few occupations or sentences, or a sentence without its gap.

    Example:
        >>> result = measure_bias("tiny:0", ["nurse", "farmer", "chief"], pair=("he", "it"))
        >>> len(result.relative), abs(round(sum(gap.value for gap in result.relative), 6))
        (3, 0.0)
    """
    from course_lib.models import LocalModel, load_model

    loaded = model if isinstance(model, LocalModel) else load_model(getattr(model, "name", model))
    shares = labour_shares() if occupations is None else {}
    names = list(shares) if occupations is None else list(occupations)
    sentences = list(load_occupations("test").templates if templates is None else templates)
    if len(names) < 3 or len(sentences) < 2 or not all("{occupation}" in sentence for sentence in sentences):
        raise CourseError(
            "From so little nothing can be compared.", "Give three occupations and two sentences with {occupation}."
        )
    gaps = gap_table(loaded, names, sentences, pair)
    return summarise(loaded.name, names, sentences, gaps, [shares.get(name) for name in names])


def summarise(
    model: str,
    occupations: Sequence[str],
    templates: Sequence[str],
    gaps: Float[ndarray, "occupation template"],
    shares: Sequence[int | None],
) -> BiasResult:
    """The result of gaps that are there already; chosen sentences, or shuffled occupations, are such gaps too."""
    centred = gaps - gaps.mean(axis=0)
    relative, p_values = over_sentences(centred)
    adjusted = adjust_p_values(p_values)[1]
    known = [(gap, share) for gap, share in zip(gaps.mean(axis=1), shares, strict=True) if share is not None]
    return BiasResult(
        model,
        tuple(occupations),
        tuple(templates),
        tuple(tuple(map(float, row)) for row in gaps),
        tuple(shares),
        over_sentences(gaps)[0],
        relative,
        tuple(adjusted),
        tuple(name for name, p in zip(occupations, adjusted, strict=True) if p <= LEVEL),
        float(centred.mean(axis=1).std()),
        correlation(*map(list, zip(*known, strict=True))) if len(known) >= 5 else None,
    )


def over_sentences(gaps: Float[ndarray, "occupation template"]) -> tuple[tuple[Estimate, ...], list[float]]:
    """Mean of each row with Student's 95 % interval, and the two-sided p-value of a mean of 0."""
    from scipy.stats import t

    n = gaps.shape[1]
    means, errors = gaps.mean(axis=1), gaps.std(axis=1, ddof=1) / np.sqrt(n)
    reach = errors * t.ppf(0.975, n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = np.nan_to_num(2 * t.sf(np.abs(means / errors), n - 1), nan=1.0)
    ends = zip(means, means - reach, means + reach, strict=True)
    return tuple(Estimate(*map(float, one)) for one in ends), [float(p) for p in p_values]


def shuffled(gaps: Float[ndarray, "occupation template"], seed: int = 0) -> Float[ndarray, "occupation template"]:
    """The same numbers with the occupations shuffled within each sentence: what is left is chance."""
    return np.random.default_rng(seed).permuted(gaps, axis=0)
