"""A chat template, audited both ways: read without rendering it, and rendered with probes."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, TemplateSyntaxError, nodes

from course_lib.artefacts.findings import Finding
from course_lib.artefacts.template_probes import probe_template
from course_lib.artefacts.template_texts import texts_behind_content

PROBE_WORDS = ("invoice", "password", "medicine", "code", "recommend", "hello")
SHOWN = 60


def audit_template(
    template: str,
    file: str = "chat template",
    *,
    words: Sequence[str] = PROBE_WORDS,
    special_tokens: Sequence[str] = ("<|im_end|>",),
) -> list[Finding]:
    """Everything that a chat template does beyond writing the messages.

    Args:
        template: a Jinja template.
        file: where it was found.
        words: words to try in a user's message.
        special_tokens: tokens that a user's text should not be able to write.

    Returns:
        Findings of the check "template"; one that passes when there is nothing to say.

    Example:
        >>> [f.level for f in audit_template("{% for m in messages %}{{ m.content | replace('<|', '') }}{% endfor %}")]
        ['pass']
    """
    said: list[tuple[str, str]] = []
    try:
        behind = texts_behind_content(template)
        names = {node.name for node in Environment().parse(template).find_all(nodes.Name)}
    except TemplateSyntaxError as error:
        return [Finding(file, "template", "look", f"It cannot be read as a template: {error}.")]
    probes = probe_template(template, words, special_tokens)
    if behind:
        said.append(("alarm", f"writes, depending on what a message says: {_short(behind)}"))
    if probes.words and not behind:
        said.append(("alarm", f"writes something else when the user says {', '.join(probes.words)}"))
    if probes.adds:
        said.append(("alarm", f"adds to every chat: {_short([probes.adds])}"))
    if probes.by_turn:
        said.append(("alarm", f"adds in longer chats: {_short([probes.by_turn])}"))
    if probes.refused:
        said.append(("alarm", f"is refused by the sandbox or fails: {probes.refused[:SHOWN]}"))
    if probes.by_date or "strftime_now" in names:
        said.append(("look", "depends on the date"))
    if probes.adds_without_system and not probes.adds:
        said.append(("note", f"writes a system prompt of its own: {_short([probes.adds_without_system])}"))
    if probes.unescaped:
        said.append(("note", f"lets the user's text write {', '.join(probes.unescaped)}"))
    return [Finding(file, "template", *one) for one in said] or [Finding(file, "template", "pass", "only the messages")]


def _short(texts: Sequence[str]) -> str:
    joined = "; ".join(" ".join(text.split()) for text in texts)
    return f"“{joined if len(joined) <= SHOWN else joined[: SHOWN - 1] + '…'}”"
