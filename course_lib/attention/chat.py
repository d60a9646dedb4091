"""Who is speaking at position 12? The parts of a chat prompt, position by position.

A request of five words reaches the model as thirty tokens: a system prompt that nobody typed, marks for the turns, the
request, and the opening of the answer. Attention "on the prompt" mostly falls on the parts around the request, and a
statement such as "the answer looks at the system prompt" needs to know which positions that is.

Every family has its own template, so the parts are found by asking it, not by knowing its marks. The same chat is rendered
with stand-ins for the request and the system prompt; what stands before and after a stand-in is the template's own text.
The opening of the answer is what the template adds when it is asked for a generation prompt. A system prompt that the
template puts in by itself shows where an explicit one would have stood.

The pitfall is the seam. Tokens are cut from the whole text, and one token may hold the end of the template and the
beginning of the request. Such a token counts to the part that most of its characters belong to (not to the template
when they share evenly), and a special token never belongs to the system prompt or the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.render import html_table, text_table, visible_token

if TYPE_CHECKING:
    from course_lib.models import LocalModel

SYSTEM, USER, ASSISTANT, TEMPLATE = "system", "user", "assistant", "template"
ROLES = (SYSTEM, USER, ASSISTANT, TEMPLATE)
REQUEST_STAND_IN, SYSTEM_STAND_IN = "Qrequeststandin", "Qsystemstandin"

Span = tuple[int, int, str]
"""From character, to character (not included), role."""


@dataclass(repr=False, frozen=True)
class ChatSegments:
    """The parts of a chat prompt.

    Attributes:
        prompt: the rendered chat, as the model reads it.
        ids: its token ids.
        tokens: the text of each position.
        roles: for each position `"system"` (the system prompt's words), `"user"` (the request), `"assistant"` (the
            opening of the answer, its marks included, and the answer if one was given) or `"template"` (all else).
        special: position and name of each special token, such as `(0, "<|im_start|> (bos)")`.
        settings: request, system prompt, model.
    """

    prompt: str
    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    roles: tuple[str, ...]
    special: dict[int, str]
    settings: dict[str, Any] = field(default_factory=dict)

    def positions(self, role: str) -> list[int]:
        """The positions that belong to a role.

        Raises:
            CourseError: when there is no such role.
        """
        if role not in ROLES:
            raise CourseError(f"There is no role {role!r} in a chat.", f"Choose one of {', '.join(ROLES)}.")
        return [position for position, each in enumerate(self.roles) if each == role]

    def rows(self) -> list[dict[str, Any]]:
        """One row for each run of positions with the same role."""
        rows = []
        for role, run in groupby(range(len(self.roles)), key=lambda position: self.roles[position]):
            spots = list(run)
            words = "".join(visible_token(self.tokens[position]) for position in spots)
            rows.append({"positions": f"{spots[0]} to {spots[-1]}", "role": role, "text": words})
        return rows

    def text(self) -> str:
        """The parts in order, and the special tokens."""
        names = sorted(set(self.special.values()))
        return f"{text_table(self.rows(), title=self.title)}\nspecial tokens: {', '.join(names) or 'none'}"

    @property
    def title(self) -> str:
        """How many positions there are."""
        return f"A chat of {len(self.ids)} tokens, {len(self.special)} of them special"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.title)


def chat_segments(model: LocalModel, request: str, *, system: str | None = None, answer: str = "") -> ChatSegments:
    """Which positions of a chat prompt belong to the system prompt, the request, the answer and the template.

    Args:
        model: a loaded model with a chat template and a fast tokenizer.
        request: what the user says.
        system: the system prompt; the template's own default when None.
        answer: the beginning of an answer, if the model is to read one.

    Raises:
        CourseError: when the model has no chat template, the template changes or repeats what it is given, or the
            tokenizer cannot say where its tokens come from.

    Example:
        >>> from course_lib import load_model
        >>> parts = chat_segments(load_model("tiny:0"), "The cat sat")
        >>> [parts.tokens[position] for position in parts.positions("user")]
        ['The', ' cat', ' sat']
    """
    prompt = model.chat(request, system) + answer
    spans = role_spans(model, request, system, len(prompt))
    if not model.tokenizer.is_fast:
        raise CourseError(f"The tokenizer of {model.name} cannot tell where a token begins.", "Use its fast version.")
    encoded = model.tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True)
    ids = tuple(int(token) for token in encoded["input_ids"])
    names = special_names(model)
    special = {position: names[token] for position, token in enumerate(ids) if token in names}
    roles = tuple(
        role_of(start, end, spans, position in special)
        for position, (start, end) in enumerate(encoded["offset_mapping"])
    )
    settings = {"request": request, "system": system, "answer": answer, "model": model.name}
    return ChatSegments(prompt, ids, tuple(model.tokens(ids)), roles, special, settings)


def role_spans(model: LocalModel, request: str, system: str | None, length: int) -> list[Span]:
    """The characters of system prompt, request and answer in the rendered chat of `length` characters."""
    prompt = model.chat(request, system)
    before, after = around(model.chat(REQUEST_STAND_IN, system), REQUEST_STAND_IN)
    if not (prompt.startswith(before) and prompt.endswith(after) and len(before) + len(after) <= len(prompt)):
        raise CourseError(
            f"The chat template of {model.name} writes other things around this request than around another.",
            "Mark the positions by hand.",
        )
    opening = len(prompt) - len(generation_prompt(model, request, system))
    request_end = len(prompt) - len(after)
    spans = [(len(before), request_end, USER), (max(opening, request_end), length, ASSISTANT)]
    found = system_span(model, before)
    return spans if found is None else [(*found, SYSTEM), *spans]


def system_span(model: LocalModel, before: str) -> tuple[int, int] | None:
    """Where the system prompt stands in the text before the request; None where there is none."""
    try:
        explicit = model.chat(REQUEST_STAND_IN, SYSTEM_STAND_IN)
    except CourseError:  # the template takes no system prompt
        return None
    start, rest = around(explicit, SYSTEM_STAND_IN)
    end = around(rest, REQUEST_STAND_IN)[0]
    holds = before.startswith(start) and before.endswith(end) and len(start) + len(end) < len(before)
    return (len(start), len(before) - len(end)) if holds else None


def around(text: str, stand_in: str) -> tuple[str, str]:
    """What stands before and after a stand-in that occurs once."""
    parts = text.split(stand_in)
    if len(parts) != 2:
        raise CourseError(
            f"The chat template writes what it is given {len(parts) - 1} times, not once.",
            "Mark the positions by hand.",
        )
    return parts[0], parts[1]


def generation_prompt(model: LocalModel, request: str, system: str | None) -> str:
    """What the template adds to open the answer; empty where it adds nothing."""
    messages = [{"role": "user", "content": request}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    closed = str(model.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=False))
    prompt = model.chat(request, system)
    return prompt[len(closed) :] if prompt.startswith(closed) else ""


def role_of(start: int, end: int, spans: list[Span], special: bool) -> str:
    """The role of a token that covers the characters from `start` to `end`."""
    shares = {TEMPLATE: float(end - start)}
    for first, last, role in spans:
        shares[role] = max(0, min(end, last) - max(start, first))
        shares[TEMPLATE] -= shares[role]
    if special:
        return ASSISTANT if shares[ASSISTANT] > 0 else TEMPLATE
    order = sorted(shares, key=lambda role: (shares[role], role != TEMPLATE))
    return order[-1]


def special_names(model: LocalModel) -> dict[int, str]:
    """The special tokens of a tokenizer: what each is written as, and what it is used for.

    Example:
        >>> from course_lib import load_model
        >>> special_names(load_model("tiny:0"))
        {0: '<|endoftext|> (unk)', 1: '<|im_start|> (bos)', 2: '<|im_end|> (eos, pad)'}
    """
    tokenizer = model.tokenizer
    uses: dict[str, list[str]] = {}
    for use, token in tokenizer.special_tokens_map.items():
        if isinstance(token, str):
            uses.setdefault(token, []).append(use.removesuffix("_token"))
    ids = {int(token) for token in tokenizer.all_special_ids}
    ids |= {int(token) for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    written = {token: str(tokenizer.convert_ids_to_tokens(token)) for token in sorted(ids)}
    return {token: text + (f" ({', '.join(uses[text])})" if text in uses else "") for token, text in written.items()}
