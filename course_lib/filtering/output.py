"""The output filter: rules and a classifier over one text, with what they found and what is done about it.

| what is found | action | the text that leaves |
|---|---|---|
| nothing | `pass` | as it was |
| personal data, a listed word | `redact` | with a mask in its place |
| a window that the classifier is not sure about | `review` | as above; a person should look at it |
| a window that the classifier is sure is offensive | `block` | ends where that window begins |

The strongest action that applies is reported. All detectors look at windows (`windows`), through all views (`views`),
so the result for a finished text is the same as for a text that arrives in pieces (`streaming`).

    from course_lib.filtering import OutputFilter
    result = OutputFilter().filter("Write to bob@example.com.")
    result.action, result.text
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from course_lib.filtering.decision import decide
from course_lib.filtering.findings import Finding
from course_lib.filtering.judge import toxicity
from course_lib.filtering.pii import NameFinder, PatternFinder
from course_lib.filtering.redaction import NOTICE, masked_text, merge, redact
from course_lib.filtering.views import as_it_stands, views
from course_lib.filtering.windows import REACH, bounds, how_many, settled, visible_places
from course_lib.filtering.words import WordFinder

Action = Literal["pass", "redact", "review", "block"]
SURE = 0.8


@dataclass(frozen=True)
class FilterResult:
    """What the filter did.

    Attributes:
        action: the strongest that applies.
        text: what may leave.
        findings: where something was found in the original, merged, in order; never the text itself.
        audit: an entry for the log for each: kind, length, digest.
        milliseconds: how long it took.
    """

    action: Action
    text: str
    findings: tuple[Finding, ...]
    audit: tuple[dict[str, Any], ...] = field(repr=False)
    milliseconds: float = field(compare=False)


class OutputFilter:
    """Rules and a classifier together.

    Args:
        patterns: look for personal data that has a pattern.
        names: look for names of people too (spaCy's model, some milliseconds more).
        words: the list of words; the two public ones when None, none when empty.
        judge: ask the classifier.
        normalise: look at the text in all views, not only as it stands.
        sure: how sure the classifier has to be to decide alone (`decision.decide`).
        key: secret, for the digests in the log; a new one when None.

    Example:
        >>> OutputFilter(words=(), judge=False).filter("Write to bob@example.com.").text
        'Write to [EMAIL_ADDRESS].'
    """

    def __init__(
        self,
        *,
        patterns: bool = True,
        names: bool = False,
        words: Sequence[str] | None = None,
        judge: bool = True,
        normalise: bool = True,
        sure: float = SURE,
        key: bytes | None = None,
    ) -> None:
        self.finders = ([PatternFinder()] if patterns else []) + ([NameFinder()] if names else [])
        self.words = WordFinder(words, normalise=normalise) if words is None or words else None
        self.judge, self.normalise, self.sure = judge, normalise, sure
        self.key = secrets.token_bytes(32) if key is None else key

    def look(self, window: str) -> list[Finding]:
        """Everything that is found in one window; what the classifier says covers all of it."""
        seen = views(window) if self.normalise else [as_it_stands(window)]
        made = []
        for view in seen:
            for finder in self.finders:
                for one in finder(view.text):
                    made.append(Finding(*view.original(one.start, one.end), one.kind, one.score, view.name))
        if self.words is not None:
            made += self.words(window, seen)
        if self.judge and window.strip():
            score = max(toxicity([view.text for view in seen if view.name in ("as it stands", "folded", "joined")]))
            (verdict,) = decide([score], [False], self.sure)
            if verdict != "pass":
                made.append(Finding(0, len(window), "TOXIC" if verdict == "block" else "UNSURE", score))
        return made

    def filter(self, text: str) -> FilterResult:
        """What may leave of a finished text."""
        began = time.perf_counter()
        places = visible_places(text)
        spans: list[Finding] = []
        unsure = False
        stop: Finding | None = None
        for number in range(how_many(len(places))):
            start, end = bounds(number, places, len(text))
            found = self.look(text[start:end])
            stop, doubt, inside = sorted_out(found, start, end, len(text))
            unsure |= doubt
            if stop is not None:
                break
            spans += inside
        return self.result(text, merge(spans), unsure, stop, (time.perf_counter() - began) * 1000)

    def result(
        self, text: str, merged: list[Finding], unsure: bool, stop: Finding | None, milliseconds: float
    ) -> FilterResult:
        """The result from what was found."""
        left = render(text, merged, len(text) if stop is None else stop.start) + (NOTICE if stop else "")
        findings = (*merged, stop) if stop else tuple(merged)
        plain = [{"start": f.start, "end": f.end, "kind": f.kind, "score": f.score} for f in merged]
        audit = redact(text, plain, self.key)[1]
        if stop is not None:
            audit += redact(text, [{"start": stop.start, "end": len(text), "kind": "TOXIC", "score": 1.0}], self.key)[1]
        action: Action = "block" if stop else "review" if unsure else "redact" if merged else "pass"
        return FilterResult(action, left, findings, tuple(audit), milliseconds)


def sorted_out(
    found: Sequence[Finding], start: int, end: int, length: int, reach: int = REACH
) -> tuple[Finding | None, bool, list[Finding]]:
    """What was found in a window: whether the text stops here, whether the classifier is unsure, and the spans to mask."""
    stop = next((one for one in found if one.kind == "TOXIC"), None)
    unsure = any(one.kind == "UNSURE" for one in found)
    inside = [one for one in found if one.kind not in ("TOXIC", "UNSURE")]
    stopped = None if stop is None else Finding(start, end, "TOXIC", stop.score)
    return stopped, unsure, settled(inside, start, end, length, reach)


def render(text: str, merged: Sequence[Finding], cut: int) -> str:
    """The text up to `cut` with masks; a stretch that stands across `cut` is masked as a whole."""
    return masked_text(text, [one for one in merged if one.start < cut], 0, cut)
