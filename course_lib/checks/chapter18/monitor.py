"""Exercise 18.3: the rule that stops an answer while it is written.

Forbidden texts over several tokens, in other letters, at the very beginning, inside of a token; loops of one token and of
three; windows that are not full yet; two rules at the same token; an uncertain token alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from course_lib.checks.exercise import Case, Exercise, Mistake

Verdict = tuple[int, str]


def _watch(
    leak: Callable[[Sequence[str], Sequence[str]], int | None],
    loop: Callable[[Sequence[str], int, int], int | None],
    lost: Callable[[Sequence[float], int, float], int | None],
    order: str = "leak loop lost",
) -> Callable[..., Verdict]:
    """A monitor from three rules; each gets what there is so far and gives how much may be shown."""

    def watch(
        tokens: Sequence[str],
        entropies: Sequence[float],
        forbidden: Sequence[str],
        window: int,
        most_entropy: float,
        repeats: int,
    ) -> Verdict:
        for end in range(1, len(tokens) + 1):
            tries = {
                "leak": lambda end=end: leak(tokens[:end], forbidden),
                "loop": lambda end=end: loop(tokens[:end], window, repeats),
                "lost": lambda end=end: lost(entropies[:end], window, most_entropy),
            }
            for name in order.split():
                shown = tries[name]()
                if shown is not None:
                    return shown, name
        return len(tokens), ""

    return watch


def _leak(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    text = "".join(tokens).lower()
    places = [text.index(word.lower()) for word in forbidden if word.lower() in text]
    if not places:
        return None
    shown, length = 0, 0
    for token in tokens:
        length += len(token)
        if length > min(places):
            break
        shown += 1
    return shown


def _loop(tokens: Sequence[str], window: int, repeats: int) -> int | None:
    for size in range(1, window + 1):
        if len(tokens) < size * repeats:
            return None
        blocks = [tuple(tokens[len(tokens) - size * (turn + 1) : len(tokens) - size * turn]) for turn in range(repeats)]
        if len(set(blocks)) == 1:
            return len(tokens) - size * (repeats - 1)
    return None


def _lost(entropies: Sequence[float], window: int, most: float) -> int | None:
    last = entropies[-window:]
    return len(entropies) - window if len(last) == window and sum(last) / window > most else None


def _leak_by_token(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    return len(tokens) - 1 if any(word.lower() in tokens[-1].lower() for word in forbidden) else None


def _leak_in_case(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    return _leak(tokens, forbidden) if any(word in "".join(tokens) for word in forbidden) else None


def _leak_last_token_off(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    return None if _leak(tokens, forbidden) is None else len(tokens) - 1


def _leak_all_shown(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    return None if _leak(tokens, forbidden) is None else len(tokens)


def _leak_first_word_only(tokens: Sequence[str], forbidden: Sequence[str]) -> int | None:
    return _leak(tokens, forbidden[:1])


def _loop_of_one(tokens: Sequence[str], window: int, repeats: int) -> int | None:
    return _loop(tokens, 1, repeats)


def _loop_shown_whole(tokens: Sequence[str], window: int, repeats: int) -> int | None:
    return None if _loop(tokens, window, repeats) is None else len(tokens)


def _loop_anywhere(tokens: Sequence[str], window: int, repeats: int) -> int | None:
    return len(tokens) - 1 if tokens.count(tokens[-1]) >= repeats else None


def _lost_early(entropies: Sequence[float], window: int, most: float) -> int | None:
    last = entropies[-window:]
    return max(0, len(entropies) - window) if sum(last) / len(last) > most else None


def _lost_over_all(entropies: Sequence[float], window: int, most: float) -> int | None:
    enough = len(entropies) >= window and sum(entropies) / len(entropies) > most
    return len(entropies) - window if enough else None


def _lost_at_once(entropies: Sequence[float], window: int, most: float) -> int | None:
    return len(entropies) - 1 if entropies[-1] > most else None


token_by_token = _watch(_leak_by_token, _loop, _lost)
in_case = _watch(_leak_in_case, _loop, _lost)
pieces_shown = _watch(_leak_last_token_off, _loop, _lost)
leak_shown = _watch(_leak_all_shown, _loop, _lost)
first_word = _watch(_leak_first_word_only, _loop, _lost)
one_token_loops = _watch(_leak, _loop_of_one, _lost)
loop_shown = _watch(_leak, _loop_shown_whole, _lost)
any_repetition = _watch(_leak, _loop_anywhere, _lost)
early_window = _watch(_leak, _loop, _lost_early)
mean_of_all = _watch(_leak, _loop, _lost_over_all)
one_uncertain = _watch(_leak, _loop, _lost_at_once)
other_order = _watch(_leak, _loop, _lost, "lost loop leak")
right_by_rules = _watch(_leak, _loop, _lost)


def finished_answer(
    tokens: Sequence[str],
    entropies: Sequence[float],
    forbidden: Sequence[str],
    window: int,
    most_entropy: float,
    repeats: int,
) -> Verdict:
    """Each rule looks through the whole answer before the next one does."""
    for name in ("leak", "loop", "lost"):
        others = {"leak": _leak, "loop": _loop, "lost": _lost} | {
            other: (lambda *rest: None) for other in ("leak", "loop", "lost") if other != name
        }
        shown, reason = _watch(**others)(tokens, entropies, forbidden, window, most_entropy, repeats)  # type: ignore[arg-type]
        if reason:
            return shown, reason
    return len(tokens), ""


def right_growing(
    tokens: Sequence[str],
    entropies: Sequence[float],
    forbidden: Sequence[str],
    window: int,
    most_entropy: float,
    repeats: int,
) -> Verdict:
    """One token after the other is taken from the stream."""
    text, begins = "", []
    for place, token in enumerate(tokens):
        begins.append(len(text))
        text += token
        found = [at for at in (text.lower().find(word.lower()) for word in forbidden) if at >= 0]
        if found:
            return max(index for index, begin in enumerate(begins) if begin <= min(found)), "leak"
        so_far = list(tokens[: place + 1])
        for size in range(1, window + 1):
            block = so_far[-size:]
            if len(so_far) >= size * repeats and so_far[-size * repeats :] == block * repeats:
                return len(so_far) - size * (repeats - 1), "loop"
        if place + 1 >= window and sum(entropies[place + 1 - window : place + 1]) > most_entropy * window:
            return place + 1 - window, "lost"
    return len(tokens), ""


def _case(
    name: str, tokens: str, entropies: Sequence[float] | None = None, forbidden: Sequence[str] = ("tulip",)
) -> Case:
    """Tokens are written with | between them; entropies are 1 nat each where none are given."""
    parts = tokens.split("|")
    given = [1.0] * len(parts) if entropies is None else list(entropies)
    return Case(name, (parts, given, list(forbidden), 3, 4.0, 3))


VISIBLE = (
    _case("nothing to stop", "The| tea| is| in| the| pot|."),
    _case("the secret in pieces", "The| password| is| tul|ip|, I| think"),
    _case("in other letters, inside a token", "Say| it|:| red-TULIP-42| now"),
    _case("the second of two secrets", "Do| not| say| marigold| here", None, ("tulip", "marigold")),
    _case("one token again and again", "Well| very| very| very| good"),
    _case("a block of three", "He| sat| down|,| sat| down|,| sat| down|,| and| left"),
    _case("a word that comes often is no loop", "the| cat| and| the| dog| and| the| cow"),
    _case("one uncertain token", "It| was| a| good| day", (1.0, 9.0, 1.0, 1.0, 1.0)),
    _case("uncertain from the start", "Ox| ebb| ilk| um| so", (6.0, 5.0, 4.5, 1.0, 1.0)),
    _case("a good beginning and a lost end", "One| two| three| four| um| er| ah", (0.1, 0.1, 0.1, 0.1, 5.0, 5.0, 5.0)),
    _case("a loop first and a leak behind", "no|no|no| tulip"),
    _case("two rules at one token", "go| tu|tu|tu|lip", (1.0, 1.0, 1.0, 9.0, 9.0)),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    words = [f" w{n}" for n in range(40)]
    start = draw.sample(words, draw.randrange(3, 8))
    block = draw.sample([f" b{n}" for n in range(9)], draw.randrange(1, 4))
    secret = "".join(draw.choices("klmnop", k=6))
    cut = draw.randrange(1, 6)
    pieces = [" " + secret[:cut].upper(), secret[cut:]]
    drifting = [draw.uniform(0.1, 2.0) for _ in range(8)] + [draw.uniform(4.5, 7.0) for _ in range(4)]
    return (
        _case("a loop behind a beginning", "|".join(start + block * 3 + words[:2])),
        _case("a secret in two pieces", "|".join(start + pieces + words[:2]), None, (secret,)),
        _case("a drift", "|".join(draw.sample(words, 12)), drifting),
        _case("almost a loop", "|".join(start + block * 2 + [" else"] + block)),
        _case("the secret at once", "|".join([secret, *start]), None, ("nothing", secret)),
        _case("loop and drift at one token", "|".join([" a", " b", " c", " c", " c"]), (1.0, 1.0, 5.0, 5.0, 5.0)),
    )


MONITOR_STREAM = Exercise(
    id="18.3",
    title="Stop while it is written",
    points=4,
    difficulty=4,
    minutes=30,
    reference="course_lib.suite.monitor:monitor_stream",
    returns='how many tokens may be shown, and `"leak"`, `"loop"`, `"lost"` or `""`',
    example=(
        'With `forbidden=["tulip"]` the tokens `["It", " is", " tul", "ip", "."]` give `(2, "leak")`: the secret is '
        'complete at the '
        "fourth token, and begins in the third, so two may be shown. (The space in front belongs to the third "
        "token: it begins before "
        "the secret does, and ends behind its beginning.)"
    ),
    hints=(
        "The stream arrives one token at a time: after each of them, what do you know? Which of the tokens that you know have to "
        "be taken back?",
        "For each `end` from 1: join `tokens[:end]` and look for each forbidden text in it, both in one case; then compare the "
        "last `size * repeats` tokens with their first `size`, repeated; then average the last `window` entropies, "
        "if there are so many.",
        '```python\nfor end in range(1, len(tokens) + 1):\n    text = "".join(...).casefold()\n    ...              '
        '       # where does a forbidden text begin?\n'
        "    for size in range(1, window + 1):\n        tail = tokens[max(0, end - size * repeats):end]\n        if "
        "list(tail) == ...:\n            return ...\n"
        "    if end >= window and ... > most_entropy:\n        return ...\nreturn len(tokens), \"\"\n```",
    ),
    why=(
        "What has been streamed to a screen cannot be taken back. A monitor between the model and the user is the last place "
        "where a secret can be kept, and the first where a loop can be stopped before it has cost the whole budget."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("token by token", token_by_token,
            "You look for the forbidden text in single tokens. It may be spread over several: look in the joined text."),
        Mistake("case matters", in_case, "You find the forbidden text only in the letters in which it is given. "
            "Compare in one case."),
        Mistake("pieces shown", pieces_shown,
            "You take back only the last token. The secret's first pieces are shown by then: find where it begins."),
        Mistake("the leak is shown", leak_shown, "You notice the leak and show it all the same: the text must end "
            "before it begins."),
        Mistake("first secret only", first_word, "You look for the first of the forbidden texts only."),
        Mistake("one-token loops", one_token_loops,
            "You find loops of a single token. Models also repeat whole phrases: try blocks of every size up to the window."),
        Mistake("the loop is shown", loop_shown, "You show the whole loop. Its first block is enough."),
        Mistake("any repetition", any_repetition,
            "You stop where a token has occurred `repeats` times anywhere. Common words do; a loop is the same "
            "block several times in a row."),
        Mistake("window not full", early_window,
            "You average before the window is full. The first token is nearly always uncertain, and every answer "
            "would be stopped at it."),
        Mistake("mean of everything", mean_of_all,
            "You average over the whole answer so far. A good beginning then hides a lost end: take the last "
            "`window` entropies."),
        Mistake("one uncertain token", one_uncertain,
            "You stop at a single uncertain token. Every sentence has some: take the mean of a window."),
        Mistake("another order", other_order, "Where two rules apply at one token, the order is leak, loop, lost."),
        Mistake("rule after rule", finished_answer,
            "You look through the whole answer with one rule before the next. While it is written, what happens "
            "first comes first."),
    ),
    alternatives=(right_by_rules, right_growing),
    tolerance_reason="whole numbers and words",
)  # fmt: skip
