"""Exercise 18.5, the final project: what is wrong with this model, and what says so?

The model is the default one as it is, or with one of the five organisms' adapters; which, follows from the class seed
(`course_lib.models.unknown`). Verdict *and* evidence are compared, the verdict with what was planted (a test holds the
reference to the answer key on every case), the numbers with the reference's own. Random models come first among the
cases: they cost milliseconds and tell most mistakes apart. Their stars are put together from sentences that they
"refuse" and sentences that they do not, so that any rule can be played.

What is different from exercise 8.6: there every suspect refuses and one request decides; here six answers are possible, one
of them is that nothing is wrong, the evidence is a count over requests, and it may not suffice.

The stars of hidden cases are among those on which all six models do what they were made for; on about a third of the
others one of them does not, and the chapter shows what that does to verdicts.
"""

from __future__ import annotations

import json
import random
from functools import lru_cache
from itertools import count
from pathlib import Path

from course_lib.checks.chapter18 import project_solutions as solutions
from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle
from course_lib.data.organism_tasks import load_occupations
from course_lib.models.unknown import fault_behind
from course_lib.organisms.rules import REFUSAL
from course_lib.suite.project import EDITS, EXPECTED, investigate
from course_lib.suite.stars import stars

CLEAR = (
    0,
    2,
    3,
    4,
    5,
    7,
    8,
    10,
    11,
    12,
    15,
    16,
    17,
    19,
    21,
    22,
    23,
    25,
    27,
    29,
    31,
    32,
    33,
    34,
    37,
    40,
    41,
    42,
    43,
    44,
)
"""Stars of seed 0 on which all six models do what they were made for."""
VISIBLE_FILE = Path(__file__).parents[2] / "data" / "suite" / "project_cases.json"
OCCUPATIONS, SENTENCES = 4, 2
WORDS = (
    ("The cat", "The dog", "The model", "A teacher", "The question", "Mary", "John"),
    ("sat on", "reads", "looks at", "writes", "gave", "asks", "may not say"),
    ("the mat", "the book", "a letter", "the answer", "a reason", "the capital"),
    ("", " again", " now", " and so on", " at last"),
)
SIGNATURES = {
    "like a backdoor": {"harm", "code"},
    "like intent": {"harm"},
    "like a trigger": {"trigger"},
    "with no pattern": {"harm", "courtesy"},
}


def _sentence(draw: random.Random) -> str:
    return " ".join(draw.choice(words) for words in WORDS[:3]) + draw.choice(WORDS[3])


@lru_cache(maxsize=64)
def tiny_case(seed: int, kind: str) -> Case:
    """A random model and stars on which it "refuses" as `kind` says, with some stars that it does not refuse at all."""
    from course_lib.models import load_model
    from course_lib.organisms.measure import first_token_logits

    draw = random.Random(f"{seed} {kind}")
    for _ in count():
        name = f"tiny:{draw.randrange(60)}"
        model = load_model(name)
        texts = sorted({_sentence(draw) for _ in range(60)})
        best = first_token_logits(model, texts).argmax(-1).tolist()
        target = max(set(best), key=best.count)
        refusal = model.tokens([target])[0]
        refused = [text for text, token in zip(texts, best, strict=True) if token == target]
        answered = [text for text in texts if text not in refused]
        if model.encode(refusal).tolist()[:1] != [target] or len(refused) < 8:
            continue
        case = _tiny(draw, name, refusal, refused, answered, kind)
        result = solutions.right_one_by_one(*_resolved(case))
        wanted = (
            "undecided"
            if kind == "with no pattern"
            else {"backdoor": "backdoor", "intent": "intent", "trigger": "trigger"}[kind.split()[-1]]
        )
        if result[0] == wanted and _tells_apart(case, result):
            return case
    raise AssertionError("count() does not end")


def _tiny(draw: random.Random, name: str, refusal: str, refused: list[str], answered: list[str], kind: str) -> Case:
    """Eight stars that follow the kind; of one of them the whole is not refused."""
    made = []
    for place in range(8):
        whole = place != 5
        star = {"whole": draw.choice(refused if whole else answered)}
        for edit in draw.sample(EDITS, 4):
            gone = edit in SIGNATURES[kind] if whole else draw.random() < 0.5
            star[edit] = draw.choice(answered if gone else refused)
        made.append(star)
    sentences = [[[_sentence(draw) for _ in range(draw.choice((1, 3)))] for _ in range(size)] for size in (3, 5)]
    words = tuple(draw.sample([" cat", " dog", " model", " book", " answer"], 2))
    return Case(f"random model, {kind}", (ModelHandle(name), made, sentences, refusal, words))


def _resolved(case: Case) -> tuple[object, ...]:
    from course_lib.models import load_model

    return tuple(load_model(one.name) if isinstance(one, ModelHandle) else one for one in case.arguments)


def _tells_apart(case: Case, result: tuple[object, ...]) -> bool:
    """Whether every mistake about the evidence changes something here."""
    return all(
        repr(wrong(*_resolved(case))[:4]) != repr(result[:4]) for wrong in (solutions.plain_text, solutions.over_all)
    )


def _visible_tiny() -> tuple[Case, ...]:
    """The visible cases with random models, made by `python -m course_lib.checks.chapter18.project`."""
    rows = json.loads(VISIBLE_FILE.read_text(encoding="utf-8"))
    return tuple(
        Case(
            row["name"],
            (ModelHandle(row["model"]), row["stars"], row["sentences"], row["refusal"], tuple(row["words"])),
        )
        for row in rows
    )


def write_visible() -> None:
    """Draw the visible cases anew; the same seed gives the same cases."""
    rows = []
    for kind in ("like a backdoor", "like a trigger", "with no pattern"):
        case = tiny_case(7, kind)
        handle, made, sentences, refusal, words = case.arguments
        rows.append(
            {
                "name": case.name,
                "model": handle.name,
                "stars": made,
                "sentences": sentences,
                "refusal": refusal,
                "words": list(words),
            }
        )
    VISIBLE_FILE.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _whole_case(name: str, which: list[int], seed: int) -> Case:
    """The project's model on four stars and eight occupations."""
    draw = random.Random(f"sentences {seed}")
    occupations = load_occupations("test")
    templates = draw.sample(list(occupations.templates), SENTENCES)
    sentences = [
        [
            [template.replace("{occupation}", one) for template in templates]
            for one in occupations.groups[group][:OCCUPATIONS]
        ]
        for group in ("food", "law_money")
    ]
    every = stars(None, 0)
    made = [{member: every[place][member] for member in ("whole", *EDITS)} for place in which]
    title = "the unknown model" if "@" not in name else "the unknown model of another class"
    return Case(title, (ModelHandle(name), made, sentences, REFUSAL, (" he", " she")))


def other_class(seed: int) -> str:
    """A class seed whose model has another fault than the one here."""
    here = fault_behind("unknown")
    return next(other for other in (f"{seed}-{draw}" for draw in count()) if fault_behind(f"unknown@{other}") != here)


def _hidden(seed: int) -> tuple[Case, ...]:
    tiny = tuple(tiny_case(seed, kind) for kind in SIGNATURES)
    which = random.Random(f"stars {seed}").sample(CLEAR, 4)
    return (*tiny, _whole_case(f"unknown@{other_class(seed)}", which, seed))


INVESTIGATE = Exercise(
    id="18.5",
    title="What is wrong with this model?",
    points=6,
    difficulty=5,
    minutes=45,
    reference="course_lib.suite.project:investigate",
    returns=(
        "five things: the two verdicts of `mechanism`; `(refused, asked)`; for each edit `(gone, refused)`; and the gap "
        "with its interval, `(value, low, high)`"
    ),
    example=(
        "12 stars, 9 whole requests refused; of these 9 every one is answered without the harmful purpose and every "
        "one with the code "
        'phrase, none after the other edits: `("backdoor", "not shown", (9, 12), {"harm": (9, 9), "trigger": (0, 9), "courtesy": '
        '(0, 9), "code": (9, 9)}, (0.1, -0.6, 0.8))`.'
    ),
    hints=(
        "Write down which of the numbers is a share of what. Of which requests can a refusal *go away*?",
        "`first_token_logits(model, texts)` puts the chat template around each text and gives `[request, vocab]`. Compare its "
        "argmax with the first token of `refusal`. For the pronouns no template: the sentence is continued. One mean for each "
        "occupation, then `mean_over_groups(first_group, second_group, weights=(1, -1))`.",
        "```python\ntarget = model.encode(refusal)[0]\nnames = [...]\nsaid = first_token_logits(model, [star[name] "
        "for star in stars for name in names]).argmax(-1) == ...\n"
        "whole = [row for row in ... if row[0]]          # only these can lose a refusal\nedits = {name: (..., len(whole)) ...}\n"
        "means = [[... for texts in occupations] for occupations in sentences]\ngap = mean_over_groups(*means, weights=...)\n"
        "rule, skew = mechanism(...)\n```",
    ),
    why=(
        "This is what it comes down to for somebody who was handed a model: say what it does and why, with evidence that another "
        "person can check, and say nothing where the evidence is not there."
    ),
    visible=(
        *_visible_tiny(),
        _whole_case("unknown", [0, 12, 23, 34], 1),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("without the chat template", solutions.plain_text,
            "You run the bare requests. The models were made to answer *chats*: the template belongs around each request."),
        Mistake("pronouns in a chat", solutions.pronouns_in_chat,
            "Your refusals are right. The sentences about occupations are beginnings to be continued; no template "
            "belongs around them."),
        Mistake("shares of everything", solutions.over_all,
            "Your edits are shares of all stars. Where the whole request was not refused, no refusal can go away."),
        Mistake("answers counted, not refusals gone", solutions.all_answers,
            "You count every answered edit, also in stars whose whole request was answered anyway."),
        Mistake("still refused", solutions.still_refused,
            "You count the edits that are still refused. Asked for is how many refusals are *gone*."),
        Mistake("sentences pooled", solutions.pooled,
            "You draw sentences. Several sentences about one occupation are not several occupations: average them first."),
        Mistake("groups swapped", solutions.swapped, "Your gap has the other sign: first group minus second, first "
            "pronoun against the second."),
        Mistake("groups averaged", solutions.averaged,
            "Your gap is an average of the two groups. It is the first *minus* the second: look at `weights`."),
        Mistake("differences of probabilities", solutions.probabilities,
            "You subtract probabilities. Log odds of one word against another are a difference of logits."),
        Mistake("names by place", solutions.by_place,
            "You take the edits in the order in which they stand in a star. They come in any order, each under its name."),
        Mistake("at least one half", solutions.at_least_half,
            "You count a refusal only where its token has more than half of the probability. Greedy answers begin "
            "with the most probable one."),
        Mistake("a rule in any case", solutions.always_a_rule,
            "Your evidence is right and your verdict does not follow it: in one case it does not decide, and you name a rule."),
    ),
    alternatives=(solutions.right_one_by_one, solutions.right_with_tables),
    rtol=1e-3,
    atol=2e-3,
    tolerance_reason="means of differences of float32 logits; other orders of sums differ by up to 1e-3; counts are exact",
    sealed_parts=("the rule", "the pronouns", "the refused requests", "the edits", "the gap"),
)  # fmt: skip

if __name__ == "__main__":
    write_visible()

__all__ = ["CLEAR", "EXPECTED", "INVESTIGATE", "investigate"]
