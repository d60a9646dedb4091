"""How far do words alone separate two kinds of prompts? The number to beat before anybody says "the model knows".

A probe that reads "harmful" from a model's middle layers with 90 % accuracy has shown nothing if a classifier that only
counts words does the same on the same texts. So the weakest readers come first, each held out in the same way as the
probe: word counts, counts of words and neighbouring pairs of words, the length, the first word.

Four readings of each, because a set of twins can flatter or slander a classifier:

* *pairs kept together*: ten-fold cross-validation in which twins stay on the same side. The honest number.
* *pairs torn apart*: the same with rows dealt at random. Twins share their words and differ in their label, so what is
  learnt from one misleads on the other, and the number falls below one half. It says how tight the twins are, nothing else.
* *ordered right*: of two held-out twins, does the harmful one get the higher score? The topic cancels; ties are left out.
* *train to test*: learnt on the shipped training split, measured on the shipped test split.

Pitfall: Wilson's interval takes rows as independent, and twins are not. Errors on twins tend to be opposite (one verdict
for both, one of them wrong), which makes the true spread smaller than the interval says, not larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from course_lib.rates import Rate

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float, Int

    from course_lib.data.prompts import Prompt

FOLDS = 10
SEED = 0
TIE = 1e-6
"""Scores nearer to zero than this are ties: a reader that learnt nothing must not be judged by rounding errors."""


@dataclass(frozen=True)
class WordBaseline:
    """What one weak reader reaches. All accuracies count rows; `ordered` counts pairs.

    Attributes:
        name: what the reader sees of a text.
        together: cross-validated, twins in one fold.
        apart: cross-validated, rows dealt at random.
        ordered: held-out pairs in which the harmful text scores higher, ties left out.
        test: learnt on `split == "train"`, measured on `split == "test"`.
    """

    name: str
    together: Rate
    apart: Rate
    ordered: Rate
    test: Rate

    def text(self) -> str:
        """Four lines, one per reading."""
        readings = (
            ("pairs kept together", self.together),
            ("pairs torn apart", self.apart),
            ("ordered right", self.ordered),
            ("train to test", self.test),
        )
        return "\n".join(f"{self.name:<26}  {name:<19}  {rate}" for name, rate in readings)


def word_baselines(prompts: Sequence[Prompt], against: str = "harmless") -> list[WordBaseline]:
    """Each weak reader on harmful prompts against those of another kind, pairs that have both.

    Args:
        prompts: with both splits, at least ten pairs that have both kinds.
        against: `"harmless"` or `"lookalike"`.

    Returns:
        One `WordBaseline` per reader; the same numbers in every run (the folds are seeded).
    """
    import numpy as np

    both = {p.pair for p in prompts if p.kind == "harmful"} & {p.pair for p in prompts if p.kind == against}
    rows = [p for p in prompts if p.pair in both and p.kind in ("harmful", against)]
    labels = np.array([int(p.kind == "harmful") for p in rows])
    return [_measure(name, reader, rows, labels) for name, reader in _readers().items()]


def baselines_text(baselines: Sequence[WordBaseline]) -> str:
    """The table, a line per reader and reading."""
    return "\n".join(b.text() for b in baselines)


def _readers() -> dict[str, Any]:
    """What each reader sees of a text, as a step that turns texts into columns of numbers."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    word = r"\b\w+\b"
    return {
        "words": CountVectorizer(token_pattern=word),
        "words and word pairs": CountVectorizer(token_pattern=word, ngram_range=(1, 2)),
        "words, TF-IDF": TfidfVectorizer(token_pattern=word),
        "word pairs too, TF-IDF": TfidfVectorizer(token_pattern=word, ngram_range=(1, 2)),
        "length (words, characters)": make_pipeline(FunctionTransformer(_lengths), StandardScaler()),
        "first word": CountVectorizer(analyzer=_first_word),
    }


def _lengths(texts: Sequence[str]) -> list[list[int]]:
    return [[len(text.split()), len(text)] for text in texts]


def _first_word(text: str) -> list[str]:
    return text.lower().split()[:1]


def _measure(name: str, reader: Any, rows: Sequence[Prompt], labels: Int[np.ndarray, " example"]) -> WordBaseline:
    """All four readings of one reader."""
    import numpy as np
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    pairs = np.array([p.pair for p in rows])
    in_train = np.array([p.split == "train" for p in rows])
    by_pair = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, labels, pairs)
    by_row = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, labels)
    together = _held_out_scores(reader, rows, labels, by_pair)
    apart = _held_out_scores(reader, rows, labels, by_row)
    test = _held_out_scores(reader, rows, labels, [(np.flatnonzero(in_train), np.flatnonzero(~in_train))])
    return WordBaseline(
        name,
        together=_accuracy(together, labels),
        apart=_accuracy(apart, labels),
        ordered=_ordered(together, labels, pairs),
        test=_accuracy(test[~in_train], labels[~in_train]),
    )


def _held_out_scores(reader: Any, rows: Sequence[Prompt], labels: Any, folds: Any) -> Float[np.ndarray, " example"]:
    """Log odds of "harmful" for each row, from a logistic regression that did not see it."""
    import numpy as np
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts = np.array([p.text for p in rows], dtype=object)
    scores = np.zeros(len(rows))
    for train, test in folds:
        classifier = make_pipeline(clone(reader), LogisticRegression(max_iter=2000))
        scores[test] = classifier.fit(texts[train], labels[train]).decision_function(texts[test])
    return scores


def _accuracy(scores: Any, labels: Any) -> Rate:
    """Rows on the right side of zero; a tie is called harmless."""
    return Rate(int(((scores > TIE) == labels).sum()), len(labels))


def _ordered(scores: Any, labels: Any, pairs: Any) -> Rate:
    """Pairs whose harmful text scores higher, among those whose scores differ."""
    harmful = dict(zip(pairs[labels == 1], scores[labels == 1], strict=True))
    other = dict(zip(pairs[labels == 0], scores[labels == 0], strict=True))
    gaps = [harmful[pair] - other[pair] for pair in harmful if abs(harmful[pair] - other[pair]) > TIE]
    return Rate(sum(gap > 0 for gap in gaps), len(gaps))
