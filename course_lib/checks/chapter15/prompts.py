"""Exercise 15.1: the prompts of critique and revision. The version that is often written puts everything into one user turn.

All cases are rendered chats of a tiny model; the texts differ from case to case, with and without a critique.
"""

from __future__ import annotations

from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle
from course_lib.constitution.prompts import ASK_CRITIQUE, ASK_REVISION

Turns = list[dict[str, str]]


def _render(model: Any, turns: Turns, begin: bool = True) -> str:
    return str(model.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=begin))


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _turns(request: str, answer: str, principle: str, critique: str | None) -> Turns:
    turns = [_turn("user", request), _turn("assistant", answer), _turn("user", ASK_CRITIQUE.format(principle))]
    if critique is not None:
        turns += [_turn("assistant", critique), _turn("user", ASK_REVISION.format(principle))]
    return turns


def pasted(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """The version that is often written: one user turn."""
    text = f"{request}\n{answer}\n{ASK_CRITIQUE.format(principle)}"
    if critique is not None:
        text += f"\n{critique}\nNow write a better answer."
    return _render(model, [_turn("user", text)])


def pasted_with_principle(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """One user turn, with the principle in both places."""
    text = "\n".join(turn["content"] for turn in _turns(request, answer, principle, critique))
    return _render(model, [_turn("user", text)])


def never_begins(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """No mark where the model's turn begins."""
    return _render(model, _turns(request, answer, principle, critique), begin=False)


def all_by_the_user(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """The answer and the critique as turns of the user."""
    return _render(model, [_turn("user", turn["content"]) for turn in _turns(request, answer, principle, critique)])


def principle_once(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """The second request without the principle."""
    turns = _turns(request, answer, principle, critique)
    if critique is not None:
        turns[-1]["content"] = ASK_REVISION.removeprefix("Principle: {} ")
    return _render(model, turns)


def forgets_the_answer(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """No first answer."""
    turns = _turns(request, answer, principle, critique)
    return _render(model, turns[:1] + turns[2:])


def says_none(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """Always three turns of the user."""
    return _render(model, _turns(request, answer, principle, str(critique)))


def stops_at_the_critique(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """Never asks for a revision."""
    turns = _turns(request, answer, principle, critique)
    return _render(model, turns[:4] if critique is not None else turns)


def as_system(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """The principle in the system prompt as well."""
    return _render(model, [_turn("system", principle), *_turns(request, answer, principle, critique)])


def right_by_loop(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """Roles by turns."""
    said = [request, answer, ASK_CRITIQUE.format(principle)]
    said += [] if critique is None else [critique, ASK_REVISION.format(principle)]
    return _render(model, [_turn(("user", "assistant")[place % 2], text) for place, text in enumerate(said)])


def right_by_tokens(model: Any, request: str, answer: str, principle: str, critique: str | None) -> str:
    """Through token ids and back."""
    turns = _turns(request, answer, principle, critique)
    ids = model.tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)["input_ids"]
    return str(model.tokenizer.decode(ids))


TINY = ModelHandle("tiny:0")


def _hidden(seed: int) -> tuple[Case, ...]:
    word = ("honest", "kind", "fair")[seed % 3]
    return (
        Case("before the critique", (TINY, f"Is it {word}?", "It may be.", f"Be {word}.", None)),
        Case("after the critique", (TINY, f"Is it {word}?", "It may be.", f"Be {word}.", "It was not clear.")),
        Case("an empty critique", (TINY, "Why?", f"{word} so.", "Be clear.", "")),
    )


REVISION_PROMPT = Exercise(
    id="15.1",
    title="Whose turn is it?",
    points=3,
    difficulty=2,
    minutes=15,
    reference="course_lib.constitution.prompts:revision_prompt",
    returns=(
        "the rendered chat as text, up to where the model's next turn begins: its critique, or its revision where there "
        "is a critique already"
    ),
    example=(
        "Without a critique the chat has three turns (request, answer, question about the principle) and ends with "
        "the mark at which the "
        "model's turn begins. With one it has five, and the last again names the principle."
    ),
    hints=(
        "A conversation is a list of turns, and each turn has a role. Which of these texts did the *model* write?",
        'Collect the turns as `{"role": ..., "content": ...}`, and let the tokenizer\'s `apply_chat_template` render '
        "them. The critique and the "
        "last question are added only where there is a critique.",
        '```python\nturns = [{"role": "user", "content": request}, {"role": ..., "content": answer}, ...]\n'
        "if critique is not None:\n    turns.append(...)\n    turns.append(...)\n"
        "return model.tokenizer.apply_chat_template(turns, tokenize=False, ...)\n```",
    ),
    why=(
        "Every chain of prompts on a local model has this shape. Where the turns are wrong, nothing fails: the model merely does "
        "something else, and you judge the method by it."
    ),
    visible=(
        Case("before the critique", (TINY, "Why is it so?", "It is the law.", "Be clear.", None)),
        Case("after the critique", (TINY, "Why is it so?", "It is the law.", "Be clear.", "That says little.")),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "one user turn",
            pasted,
            "Everything stands in one turn of the user, as in the version above: the model's own words look like the user's.",
        ),
        Mistake(
            "one user turn, with the principle",
            pasted_with_principle,
            "The principle is in both places now, but everything still stands in one turn of the user.",
        ),
        Mistake(
            "never begins",
            never_begins,
            "The chat ends behind the user's turn, and nothing says that the model's turn begins. Look at the "
            "options of the template.",
        ),
        Mistake(
            "all by the user",
            all_by_the_user,
            "All turns are the user's. Two of these texts were written by the model.",
        ),
        Mistake(
            "principle once",
            principle_once,
            "When you ask for the better answer, the principle is missing. By then the model has a whole turn behind it.",
        ),
        Mistake("no answer", forgets_the_answer, "The first answer is missing: what should the model criticise?"),
        Mistake(
            "None as a critique",
            says_none,
            "Where there is no critique yet, you give one all the same, and ask for the revision.",
        ),
        Mistake(
            "no request to revise",
            stops_at_the_critique,
            "Where there is a critique, nobody asks for the better answer.",
        ),
        Mistake(
            "a system prompt",
            as_system,
            "You put the principle into a system prompt as well. That is another method, and the chapter compares the two.",
        ),
    ),
    alternatives=(right_by_loop, right_by_tokens),
    tolerance_reason="text",
)
