"""Exercise 1.2: a greedy answer, token by token.

Random models rarely end their turn, so the cases contain models and requests, found by a search, for which they do: an answer
that never stops is then longer than it should be. The number of tokens is small and differs from case to case.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel

STOPPING = (
    (36, "Look inside the model."),
    (66, "Why?"),
    (76, "And now?"),
    (102, "Look inside the model."),
    (103, "Why?"),
    (129, "Why?"),
    (136, "Look inside the model."),
)
"""Tiny models and requests whose greedy answer ends by itself after two to five tokens."""
OTHERS = (
    "Why?",
    "Please help me to write a letter.",
    "Who gave the book to John?",
    "Look inside the model.",
    "And now?",
)


def _loop(model: LocalModel, ids: Tensor, steps: int, row: int = -1, stop: bool = True) -> Tensor:
    """The new tokens behind `ids`."""
    start = len(ids)
    for _ in range(steps):
        best = model.logits(ids)[row].argmax()
        if stop and best == model.tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, best[None]])
    return ids[start:]


def _text(model: LocalModel, ids: Tensor) -> str:
    return str(model.tokenizer.decode(ids, skip_special_tokens=True))


def no_template(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """The bare request."""
    return _text(model, _loop(model, model.encode(request), max_new_tokens))


def no_turn_opened(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """The template without the opening of the answer."""
    chat = [{"role": "user", "content": request}]
    prompt = str(model.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=False))
    return _text(model, _loop(model, model.encode(prompt), max_new_tokens))


def first_row(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Reads position 0."""
    return _text(model, _loop(model, model.encode(model.chat(request)), max_new_tokens, row=0))


def never_stops(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Goes on after the end of the turn."""
    return _text(model, _loop(model, model.encode(model.chat(request)), max_new_tokens, stop=False))


def prompt_kept(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Prompt and answer."""
    prompt = model.encode(model.chat(request))
    return _text(model, torch.cat([prompt, _loop(model, prompt, max_new_tokens)]))


def one_too_few(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """One token less."""
    return _text(model, _loop(model, model.encode(model.chat(request)), max_new_tokens - 1))


def forgets(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Feeds only the newest token back."""
    ids, said = model.encode(model.chat(request)), []
    for _ in range(max_new_tokens):
        best = model.logits(ids)[-1].argmax()
        if best == model.tokenizer.eos_token_id:
            break
        said.append(int(best))
        ids = best[None]
    return _text(model, torch.tensor(said, dtype=torch.long))


def repeats_itself(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Never reads what it has said."""
    ids = model.encode(model.chat(request))
    best = model.logits(ids)[-1].argmax()
    said = [] if best == model.tokenizer.eos_token_id else [int(best)] * max_new_tokens
    return _text(model, torch.tensor(said, dtype=torch.long))


def joined_by_spaces(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """A space between the tokens."""
    new = _loop(model, model.encode(model.chat(request)), max_new_tokens)
    return " ".join(model.tokens(new.tolist()))


def by_generate(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Hugging Face's own loop."""
    return model.generate(model.chat(request), max_new_tokens)


def with_lists(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """Python lists, batches of one, probabilities in double precision."""
    said: list[int] = []
    prompt = model.encode(model.chat(request)).tolist()
    while len(said) < max_new_tokens:
        row = model.logits(torch.tensor([prompt + said]))[0, -1].double().softmax(-1)
        said.append(int(row.argmax()))
        if said[-1] == model.tokenizer.eos_token_id:
            break
    return str(model.tokenizer.decode(said, skip_special_tokens=True))


def with_a_sort(model: LocalModel, request: str, max_new_tokens: int) -> str:
    """The template applied by the tokenizer, the best token by a sort."""
    chat = [{"role": "user", "content": request}]
    text = str(model.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))
    ids = model.encode(text)
    new: list[int] = []
    for _ in range(max_new_tokens):
        token = int(model.logits(torch.cat([ids, torch.tensor(new, dtype=torch.long)]))[-1].argsort()[-1])
        if token == model.tokenizer.eos_token_id:
            return str(model.tokenizer.decode(new, skip_special_tokens=True))
        new.append(token)
    return str(model.tokenizer.decode(new, skip_special_tokens=True))


def _case(name: str, seed: int, request: str, max_new_tokens: int) -> Case:
    return Case(f"{name}: “{request}”", (ModelHandle(f"tiny:{seed}"), request, max_new_tokens))


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    stopping, request = draw.choice(STOPPING), draw.choice(OTHERS)
    return (
        _case("7 tokens", draw.randrange(100, 500), request, 7),
        _case("ends by itself", *stopping, 10),
    )


GREEDY_ANSWER = Exercise(
    id="1.2",
    title="An answer, token by token",
    points=3,
    difficulty=3,
    minutes=10,
    reference="course_lib.answers:greedy_answer",
    returns="the text of the answer: at most `max_new_tokens` tokens, without the prompt and without special tokens",
    example=(
        'With the default model `greedy_answer(model, "What is the capital of France?", 7)` gives '
        "`'The capital of France is Paris.'`: seven tokens, each the most probable one behind all that stood before it."
    ),
    hints=(
        "What does the model read in the second round of the loop? All of the prompt, and everything it has said so far.",
        "Ids of the rendered chat; then in a loop: logits of the last row, the token with the largest one, stop if it is "
        "`model.tokenizer.eos_token_id` (the end of the turn), otherwise put it behind the ids. At the end decode only the "
        "new ids.",
        "```python\nprompt_ids = ...\nids = prompt_ids\nfor _ in range(...):\n"
        "    next_id = model.logits(ids)[...].argmax()\n    if next_id == ...:\n        break\n"
        "    ids = torch.cat([ids, ...])\nreturn model.tokenizer.decode(ids[...], skip_special_tokens=True)\n```",
    ),
    why=(
        "Every chat program, server and agent that you will run has this loop inside. Guardrails, streaming and time limits "
        "all hook into it, and its stop condition is where answers run on past their end."
    ),
    visible=(
        _case("5 tokens", 2, "Why?", 5),
        _case("ends by itself", 9, "Please help me to write a letter.", 10),
        _case("8 tokens", 5, "Who gave the book to John?", 8),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "no chat template",
            no_template,
            "The model got the bare request and went on with it as with any text. Write the request into the chat template "
            "first.",
        ),
        Mistake(
            "answer not opened",
            no_turn_opened,
            "Your prompt ends behind the user's turn. The template has a last line that opens the answer, and the model has "
            "to write it itself without it.",
        ),
        Mistake(
            "first row",
            first_row,
            "You read the first row of the logits: it knows the first token only. The next token is predicted somewhere else.",
        ),
        Mistake(
            "never stops",
            never_stops,
            "Your answer goes on after the model has ended its turn. The tokenizer knows the id of the token that ends it.",
        ),
        Mistake("prompt kept", prompt_kept, "Your text contains the prompt. Decode only the tokens that are new."),
        Mistake("one too few", one_too_few, "Your answer is one token short: count the rounds of your loop."),
        Mistake(
            "context lost",
            forgets,
            "From the second round on your model reads only the newest token and has forgotten the request.",
        ),
        Mistake(
            "says the same again",
            repeats_itself,
            "Every round reads the same prompt, so it says the same token. What was said has to become part of what is read.",
        ),
        Mistake(
            "joined by spaces",
            joined_by_spaces,
            "You put spaces between the tokens. A token brings its own space where it has one: decode the ids together.",
        ),
    ),
    alternatives=(by_generate, with_lists, with_a_sort),
    tolerance_reason="text; nothing is rounded",
)
