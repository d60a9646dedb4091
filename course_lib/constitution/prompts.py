"""The prompts of critique and revision: whose turn is whose.

The method is a conversation in which the model answers, is asked what is wrong with its answer by a principle, and is asked to
write it anew. Each of these is a turn, and a chat model knows turns by the marks of its template. Pasted into one text, the
model's own answer reads like the user's words, and an answer that is not closed is simply continued.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.models import LocalModel

ASK_CRITIQUE = "Principle: {} What in your answer goes against it?"
ASK_REVISION = "Principle: {} Now write a better answer."
"""What the user says in the second turn and in the third; the principle stands in the braces."""


def revision_prompt(model: LocalModel, request: str, answer: str, principle: str, critique: str | None) -> str:
    """The chat up to where the model's critique begins, or its revision; exercise 15.1.

    Args:
        model: whose chat template is used.
        request: what the user asked.
        answer: what the model answered.
        principle: the principle to judge by.
        critique: what the model then wrote about its answer; None where the critique is still to come.

    Returns:
        The rendered chat. It ends where the model's next turn begins.

    Example:
        >>> from course_lib import load_model
        >>> chat = revision_prompt(load_model("tiny:0"), "Why?", "So.", "Be kind.", None)
        >>> chat.count("assistant"), chat.endswith("assistant\\n")
        (2, True)
    """
    turns = [
        {"role": "user", "content": request},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": ASK_CRITIQUE.format(principle)},
    ]
    if critique is not None:
        turns.append({"role": "assistant", "content": critique})
        turns.append({"role": "user", "content": ASK_REVISION.format(principle)})
    return str(model.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
