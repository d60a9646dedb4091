"""What a chat template does: rendered in a sandbox, with messages that are made to show it.

Reading a template shows every text that stands in it (`template_texts`). Rendering shows what comes out, also what is put
together on the way. Each probe is a comparison: the same chat with one thing changed. The contents of the messages are
markers, so that what remains when they are taken out again is the *frame*, all that the template wrote itself.

The sandbox matters. A template is a program, and plain Jinja lets it walk from a string to Python's classes and from there to
anything; transformers renders in a sandbox for that reason, and so does this module. What the sandbox refuses is a finding.

Pitfall: a probe finds the trigger that it tries, and no other one. And the sandbox limits what a template can reach, not how
long it runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

SYSTEM, USER, ANSWER = "⟦system text⟧", "⟦user text⟧", "⟦answer⟧"
MARKERS = (SYSTEM, USER, ANSWER)
DATES = (datetime(2025, 1, 6, 9), datetime(2031, 12, 24, 22))
_ROLES = "system|user|human|assistant|model|developer|tool"
ORDINARY = re.compile(
    rf"<[^<>]{{1,40}}>(?:\s*(?:{_ROLES})(?=\s*(?:\n|<|$)))?|\[/?[A-Z_]{{2,12}}\]|\b(?:{_ROLES})\s*:", re.IGNORECASE
)
"""What frames are made of: special tokens in pointed or square brackets, and the names of roles beside them."""

Message = dict[str, str]


@dataclass(frozen=True)
class Probes:
    """What the probes showed.

    Attributes:
        adds: words that the template writes although a system message is given.
        adds_without_system: words that it writes where none is given, most often a system prompt of its own.
        words: the probe words that change the frame.
        by_date: whether another date changes what is written.
        by_turn: words that appear only in longer chats.
        unescaped: special tokens that pass from the user's text into the prompt as they are.
        refused: what the sandbox or Jinja said when it refused; "" when it did not.
    """

    adds: str
    adds_without_system: str
    words: tuple[str, ...]
    by_date: bool
    by_turn: str
    unescaped: tuple[str, ...]
    refused: str = ""


def render(template: str, messages: Sequence[Message], now: datetime = DATES[0]) -> str:
    """The prompt that a template writes for a chat, up to where the answer begins.

    Raises:
        jinja2.TemplateError: the template refuses the chat, or the sandbox refuses the template.

    Example:
        >>> render("{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}", [{"role": "user", "content": "hi"}])
        'user: hi '
    """

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"raise_exception": refuse, "strftime_now": now.strftime}
    tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    return environment.from_string(template).render(messages=list(messages), add_generation_prompt=True, **tokens)


def chat(user: str = USER, *, system: bool = True, turns: int = 1) -> list[Message]:
    """A chat of markers; `turns` questions, with answers between them."""
    messages = [{"role": "system", "content": SYSTEM}] if system else []
    for turn in range(turns):
        messages += [{"role": "user", "content": user}]
        messages += [{"role": "assistant", "content": ANSWER}] if turn < turns - 1 else []
    return messages


def frame(template: str, messages: Sequence[Message], now: datetime = DATES[0]) -> str:
    """What a template writes around the contents of the messages."""
    written = render(template, messages, now)
    for message in messages:
        written = written.replace(message["content"], "")
    return written


def own_words(text: str) -> str:
    """What is left of a frame without special tokens, the names of roles and white space at the ends.

    Example:
        >>> own_words("<|im_start|>system\\nYou are an assistant.<|im_end|><|im_start|>user\\n")
        'You are an assistant.'
    """
    return " ".join(ORDINARY.sub(" ", text).split())


def probe_template(template: str, words: Sequence[str], special_tokens: Sequence[str] = ("<|im_end|>",)) -> Probes:
    """Render a template with chats that differ in one thing each.

    Args:
        template: a Jinja template.
        words: words to try in the user's message.
        special_tokens: tokens that a user's text should not be able to write.
    """
    nothing: dict[str, Any] = {"adds": "", "adds_without_system": "", "words": (), "by_date": False, "by_turn": ""}
    try:
        bare = frame(template, chat(system=False))
        try:
            base, system = frame(template, chat()), True
        except TemplateError:  # some templates take no system message, and say so
            base, system = bare, False
        changed = [word for word in words if frame(template, chat(_with(word), system=system)) != base]
        long = own_words(frame(template, chat(system=system, turns=6)))
        dated = [frame(template, chat(system=system), now) for now in DATES]
        passed = [t for t in special_tokens if _with(t) in render(template, chat(_with(t), system=system))]
    except Exception as error:  # whatever a hostile template provokes
        return Probes(**nothing, unescaped=(), refused=f"{type(error).__name__}: {error}")
    known = own_words(base)
    later = " ".join(word for word in long.split() if word not in known.split())
    return Probes(known, own_words(bare), tuple(changed), dated[0] != dated[1], later, tuple(passed))


def _with(word: str) -> str:
    return f"⟦{word}⟧"
