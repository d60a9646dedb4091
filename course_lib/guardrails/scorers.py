"""Scores of prompts: how suspicious, by five readers that know more and more.

Every scorer takes prompts and gives one number for each, the higher the more suspicious. Two count or weigh words: a list of
keywords that somebody wrote, and TF-IDF with a logistic regression, which learns its words from labelled prompts. One reads
the model: a linear probe on the states that the model has anyway while it reads the prompt. Two were made by others for
another purpose, and are here to be measured: a classifier of profanity and a lexicon of sentiment.

Pitfall: a probe is fitted to the states of one model in one chat template. With another system prompt, or after
fine-tuning, it reads something else; fit it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.data.assets import fetch
from course_lib.probing import hidden_states

if TYPE_CHECKING:
    from jaxtyping import Float

    from course_lib.guardrails.thresholds import Harmful, Scores
    from course_lib.models import LocalModel

    Scorer = Callable[[Sequence[str]], Scores]

KEYWORDS = re.compile(
    r"\b(attack|bomb|burgl|cheat|counterfeit|drug|explosi|fake|forge|fraud|hack|harass|illegal|kill|launder|malware|"
    r"murder|phish|poison|rob|scam|shoot|smuggl|spy|stalk|steal|stolen|terror|threat|weapon)\w*",
    re.IGNORECASE,
)
"""Stems that such lists hold. Written before any prompt was scored."""


def keyword_scores(prompts: Sequence[str]) -> Scores:
    """How many keywords occur, as a number below 1: none 0, one a half, two three quarters.

    Example:
        >>> keyword_scores(["Bake bread", "Kill the process", "Hack and steal"]).tolist()
        [0.0, 0.5, 0.75]
    """
    return np.array([1 - 0.5 ** len(KEYWORDS.findall(prompt)) for prompt in prompts])


def fit_tfidf(prompts: Sequence[str], harmful: Harmful) -> Scorer:
    """Words weighed by TF-IDF, and a logistic regression over them."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    fitted: Any = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10, max_iter=1000))
    fitted.fit(list(prompts), harmful)
    return lambda texts: np.asarray(fitted.predict_proba(list(texts))[:, 1])


@dataclass(frozen=True, eq=False)
class Probe:
    """A hyperplane in the states of one layer, mean over positions.

    Attributes:
        model: whose states it reads.
        layer: 0 is the embedding.
        weights: one for each dimension.
        offset: what is added.
    """

    model: LocalModel = field(repr=False)
    layer: int
    weights: Float[np.ndarray, " d_model"] = field(repr=False)
    offset: float

    def of_states(self, states: Float[np.ndarray, "prompt d_model"]) -> Scores:
        """Probabilities of harm from states that are there already."""
        return np.asarray(1 / (1 + np.exp(-(states @ self.weights + self.offset))))

    def __call__(self, prompts: Sequence[str]) -> Scores:
        """Probabilities of harm, with one pass of the model over the prompts."""
        return self.of_states(states_of(self.model, prompts)[self.layer])


def states_of(model: LocalModel, prompts: Sequence[str]) -> Float[np.ndarray, "layer prompt d_model"]:
    """What the model holds of each prompt in its chat template: the mean over positions, at every layer."""
    return np.asarray(hidden_states(model, [chat(model, prompt) for prompt in prompts], "mean"))


def chat(model: LocalModel, prompt: str) -> str:
    """The prompt as the model reads it; as it stands where there is no chat template."""
    return model.chat(prompt) if model.tokenizer.chat_template else prompt


def fit_probe(model: LocalModel, states: Float[np.ndarray, "prompt d_model"], harmful: Harmful, layer: int) -> Probe:
    """A logistic regression on standardised states, strongly regularised (C = 0.01), as one hyperplane."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = states.mean(axis=0), states.std(axis=0) + 1e-6
    fitted: Any = LogisticRegression(C=0.01, max_iter=2000).fit((states - mean) / spread, harmful)
    weights = fitted.coef_[0] / spread
    return Probe(model, layer, weights, float(fitted.intercept_[0] - mean @ weights))


def profanity_scores(prompts: Sequence[str]) -> Scores:
    """The probability of profanity by alt-profanity-check, a linear classifier over words (MIT)."""
    from profanity_check import predict_prob

    return np.asarray(predict_prob(list(prompts)))


def sentiment_scores(prompts: Sequence[str]) -> Scores:
    """How negative a prompt sounds, from 0 (glad) to 1 (sad), by VADER's lexicon and rules (Hutto and Gilbert 2014).

    The rules are those of NLTK, the lexicon that of vaderSentiment; downloads 0.1 MB the first time.
    """
    return np.array([(1 - _vader().polarity_scores(prompt)["compound"]) / 2 for prompt in prompts])


@cache
def _vader() -> Any:
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    class Vader(SentimentIntensityAnalyzer):
        def __init__(self, lexicon: str) -> None:  # NLTK's own looks for its data collection
            self.lexicon_file = lexicon
            self.lexicon = self.make_lex_dict()
            self.constants = VaderConstants()

    return Vader((fetch("vader") / "vaderSentiment/vader_lexicon.txt").read_text(encoding="utf-8"))
