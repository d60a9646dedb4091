"""Probes at every layer, cross-validated, with intervals and a control: is the rise with depth real?

Each example is predicted once, by a probe that saw neither it nor its twin: the pairs are dealt into folds whole
(`GroupKFold`), because two requests that share all words but one would otherwise sit on both sides of the split, and
the probe would recognise the sentence instead of the intent. The held-out predictions of all folds are pooled and
counted.

The **control** swaps the labels of a pair with probability one half and repeats everything. There is then nothing to
read, and an honest procedure lands near 0.5. If it does not, the procedure leaks. Labels are shuffled *within* pairs so
that every fold stays balanced; shuffled across the board, the class that is rarer among the training rows is the more
frequent one among the held-out rows, and chance comes out below one half. Each layer gets a shuffle of its own: with a
single one all layers would share its luck and leave 0.5 together, which looks like a finding.

Two habits when reading the result. The best of 31 layers is the luckiest of 31 too: the accuracy of the best layer is
an optimistic number; choose the layer on other data than you report it on. And this control is a check for leaks; it
does not measure how much of the task the probe itself learnt (Hewitt and Liang 2019, arXiv:1909.03368).

On speed: 31 layers x 8 folds are 248 regressions of about 525 rows and 576 columns. Each takes scikit-learn about 12 ms
on one thread, standardising included, and ten times that when two threads on a busy machine quarrel over such small
matrices, so the fits run with one thread. That is the plain solver on the plain problem: nothing is approximated, and
`probe_accuracy` gives the same predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from course_lib.errors import CourseError
from course_lib.probing.intervals import HeldOutAccuracy, pair_bootstrap, pair_numbers
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.probing.intervals import Pairs


@dataclass(repr=False, frozen=True, eq=False)
class ProbeSweep:
    """Held-out accuracy of a linear probe at every layer.

    Attributes:
        accuracy: the share of all examples that were predicted right while held out, `[layer]`.
        low: lower ends of the 95 % intervals, from a bootstrap over pairs.
        high: their upper ends.
        n: examples, each held out exactly once.
        n_pairs: pairs, the independent units behind the intervals.
        shuffled_labels: True for the control.
        settings: every choice that changes the numbers.
    """

    accuracy: Float[Tensor, " layer"]
    low: Float[Tensor, " layer"]
    high: Float[Tensor, " layer"]
    n: int
    n_pairs: int
    shuffled_labels: bool
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def best_layer(self) -> int:
        """The first layer with the highest accuracy; an optimistic choice, see the module's text."""
        return int(self.accuracy.argmax())

    def at(self, layer: int) -> HeldOutAccuracy:
        """The result of one layer."""
        accuracy, low, high = (float(column[layer]) for column in (self.accuracy, self.low, self.high))
        return HeldOutAccuracy(accuracy, low, high, self.n, self.n_pairs, dict(self.settings))

    def rows(self) -> list[dict[str, Any]]:
        """One row per layer, for tables and JSON."""
        columns = zip(self.accuracy.tolist(), self.low.tolist(), self.high.tolist(), strict=True)
        return [{"layer": i, "accuracy": a, "low": lo, "high": hi} for i, (a, lo, hi) in enumerate(columns)]

    def title(self) -> str:
        """One line: what was measured, on how much."""
        control = "control with labels shuffled within pairs, " if self.shuffled_labels else ""
        return (
            f"Linear probe by layer, {control}{self.n} examples in {self.n_pairs} pairs, "
            f"{self.settings.get('folds')} folds, 95 % intervals over pairs"
        )

    def text(self) -> str:
        """The whole table as plain text."""
        return text_table(self.rows(), title=self.title())

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        best = f"<p>Highest at layer {self.best_layer}: {escape(self.at(self.best_layer).text())}</p>"
        return best + html_table(self.rows(), caption=self.title())


def probe_by_layer(
    states: Float[Tensor, "layer example d_model"],
    labels: Int[Tensor, " example"] | Sequence[int],
    pairs: Pairs,
    *,
    folds: int = 8,
    seed: int = 0,
    shuffled_labels: bool = False,
    C: float = 0.01,
) -> ProbeSweep:
    """Cross-validated accuracy of a linear probe at every layer, pairs kept together.

    Args:
        states: one vector per layer and example.
        labels: the class of each example, 0 or 1.
        pairs: which pair each example belongs to; examples of one pair are always held out together.
        folds: how many parts the pairs are dealt into.
        seed: of the deal, of the shuffle and of the bootstrap.
        shuffled_labels: True runs the control.
        C: scikit-learn's inverse strength of the regularisation.

    Raises:
        CourseError: when lengths differ, there are fewer pairs than folds, a fold would train on one class only, or
            no pair holds both labels, so that a shuffle within pairs would change nothing.

    Example:
        >>> labels = torch.tensor([0, 1] * 12)
        >>> states = torch.stack([torch.ones(24, 3), labels[:, None].expand(24, 3).float()])
        >>> probe_by_layer(states, labels, [i // 2 for i in range(24)], folds=4).accuracy
        tensor([0.5000, 1.0000])
    """
    from threadpoolctl import threadpool_limits

    truth, groups = checked_labels(labels, pairs, states.shape[1], folds)
    truths = [truth] * len(states)
    if shuffled_labels:  # every layer gets a shuffle of its own
        truths = [shuffle_within_pairs(truth, groups, (seed, layer)) for layer in range(len(states))]
    right = torch.zeros(states.shape[:2], dtype=torch.bool)
    with threadpool_limits(limits=1):
        for train, held_out in pair_folds(groups, folds, seed):
            for layer, (rows, known) in enumerate(zip(states.numpy(), truths, strict=True)):
                probe = linear_probe(C).fit(rows[train], known[train])
                right[layer, held_out] = torch.from_numpy(probe.predict(rows[held_out]) == known[held_out])
    low, high = pair_bootstrap(right, pairs, seed=seed)
    settings = {
        "folds": folds,
        "seed": seed,
        "C": C,
        "standardised": "with training rows",
        "interval": "pair bootstrap",
    }
    n_pairs = int(groups.max()) + 1
    return ProbeSweep(right.float().mean(dim=1), low, high, len(truth), n_pairs, shuffled_labels, settings)


def linear_probe(C: float = 0.01) -> Any:
    """Standardise, then separate by a hyperplane; the same probe as in `probe_accuracy`, not fitted yet.

    Args:
        C: inverse strength of the regularisation, as in scikit-learn.

    Returns:
        A scikit-learn pipeline with `fit`, `predict` and `decision_function` (positive: class 1).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))


def pair_folds(groups: np.ndarray, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training rows and held-out rows of each fold; the same deal for every method that is to be compared."""
    from sklearn.model_selection import GroupKFold

    splitter = GroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    yield from splitter.split(groups, groups=groups)


def checked_labels(
    labels: Int[Tensor, " example"] | Sequence[int], pairs: Pairs, n: int, folds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and pair numbers as arrays, or a sentence about what does not fit."""
    truth, groups = np.asarray(labels), pair_numbers(pairs)
    if not len(truth) == len(groups) == n:
        raise CourseError(
            f"There are {n} examples, {len(truth)} labels and {len(groups)} entries for pairs.", "Give one per example."
        )
    if len(np.unique(truth)) != 2:
        raise CourseError("A probe needs examples of two classes.", "Give labels 0 and 1, both of them present.")
    if not 2 <= folds <= groups.max() + 1:
        raise CourseError(
            f"{groups.max() + 1} pairs cannot be dealt into {folds} folds.",
            "Choose 2 folds or more, and at most one per pair.",
        )
    return truth, groups


def shuffle_within_pairs(truth: np.ndarray, groups: np.ndarray, seed: int | Sequence[int]) -> np.ndarray:
    """The labels, permuted at random inside each pair.

    Example:
        >>> shuffle_within_pairs(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), seed=0).reshape(2, 2).sum(axis=1)
        array([1, 1])
    """
    members = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    if not any(len(np.unique(truth[rows])) > 1 for rows in members):
        raise CourseError(
            "No pair holds both labels, so a shuffle within pairs changes nothing.",
            "Give pairs of one example per class.",
        )
    random, shuffled = np.random.default_rng(seed), truth.copy()
    for rows in members:
        shuffled[rows] = random.permutation(truth[rows])
    return shuffled
