"""What a chat template says only when a message says something: read from the template, without rendering it.

A chat template is a small program (Jinja) that comes with the weights and writes every prompt. It can write more than the
messages. Written always, an added sentence is found by rendering one chat and reading it. Written only when the user's text
holds a certain word, it is found by whoever tries that word, and by nobody else. But the *text* has to stand in the template,
and the condition has to read the message, and both can be seen in the syntax tree, in branches that no test ever took.

The pitfall is to look for `message['content']` in the condition itself. One `set` before, and the condition reads a variable
of another name. So names that were set from a content count as content.

What this way cannot see is a text that is put together while rendering (from pieces, reversed, out of a date). For that
there is the other way, `course_lib.artefacts.template_probes`.

Source: syntax tree of Jinja, https://jinja.palletsprojects.com/en/stable/extensions/#module-jinja2.nodes.
"""

from __future__ import annotations

from jinja2 import Environment, nodes


def texts_behind_content(template: str) -> list[str]:
    """The literal texts of a chat template that depend on what a message says.

    Args:
        template: a Jinja template.

    Returns:
        Each text without white space at its ends, in the order of the template, empty ones left out: literal text,
        in a block or an expression, inside an `if` (or `elif`, `else`, or `a if b else c`) whose condition reads a
        message's `content`, directly or through a variable that was set from it.

    Example:
        >>> texts_behind_content("{{ m.content }}{% if 'x' in m.content %} Say hello.{% endif %} Bye.")
        ['Say hello.']
    """
    found: list[str] = []
    carriers: set[str] = set()  # variables that hold something made from a content

    def reads_content(node: nodes.Node) -> bool:
        parts = [node, *node.find_all(nodes.Node)]
        named = any(isinstance(part, nodes.Name) and part.name in carriers for part in parts)
        return named or any("content" in (getattr(part, "attr", ""), getattr(part, "value", "")) for part in parts)

    def visit(node: nodes.Node, behind: bool) -> None:
        if isinstance(node, nodes.Assign) and reads_content(node.node):
            carriers.add(getattr(node.target, "name", ""))
        if isinstance(node, nodes.If | nodes.CondExpr):
            behind = behind or reads_content(node.test)
        text = getattr(node, "data", getattr(node, "value", ""))
        if behind and isinstance(text, str) and text.strip():
            found.append(text.strip())
        for child in node.iter_child_nodes(exclude=("test",)):
            if not isinstance(child, nodes.Getitem | nodes.Getattr | nodes.Compare | nodes.Call):
                visit(child, behind)

    visit(Environment().parse(template), False)
    return found
