"""From an executed solution notebook to a page that is read.

The learner's notebook leaves the answer out; a page that nobody can run may show it, but not at first sight. So answers and hints
are folded, a choice of a question unfolds into its explanation, checks keep their reports, and in the place of a widget stands
what it does. Formulas become MathML, which browsers draw by themselves: no script from a faraway server.
"""

from __future__ import annotations

import copy
import re
from html import escape
from typing import Any

from course_lib.authoring.cards import folded_hints
from course_lib.authoring.registry import Registry
from course_lib.checks.questions import Question

WIDGET = "application/vnd.jupyter.widget-view+json"
INTERACTIVE = "This part is interactive: sliders and menus answer in the notebook of this chapter (`course lab`)."
LARGEST_HTML = 1_500_000  # characters of one output; a larger drawing would make the page slow to open
TOO_LARGE = "This drawing is large and interactive; it is in the notebook of this chapter (`course lab`)."
_STUCK = re.compile(r'^\*\*Stuck\?\*\*.*?hint\("(?P<id>\d+\.\w+)".*?$', re.MULTILINE)
_REGION = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
_FORMULA = re.compile(
    r"(?P<code>```.*?```|`[^`\n]*`)|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^\s$](?:[^$]*[^\s$])?)\$", re.DOTALL
)


def page_of(notebook: Any, registry: Registry) -> Any:
    """The notebook as a page, without what only a class or a kernel needs."""
    page = copy.deepcopy(notebook)
    page.metadata.pop("widgets", None)
    cells: list[Any] = []
    for cell in page.cells:
        course = cell.metadata.get("course", {})
        cell.metadata = type(page.metadata)()
        if cell.cell_type == "markdown":
            cell.source = with_formulas(
                _STUCK.sub(lambda found: folded_hints(registry.exercise(found["id"])), cell.source)
            )
            if course.get("role") == "question":
                cell.source += "\n\n" + folded_choices(registry.question(course["id"]))
            cells.append(cell)
            continue
        cell.source = _REGION.sub("", cell.source)
        cell.outputs = [shown for output in cell.outputs if (shown := _output(output)) is not None]
        if course.get("role") == "answer":
            if ".Q" in str(course.get("id", "")):
                continue
            cell.metadata["tags"] = ["hide-input"]
            cell.metadata["mystnb"] = {"code_prompt_show": "Show the reference answer", "code_prompt_hide": "Hide it"}
        if course.get("role") == "test" and ".Q" in str(course.get("id", "")):
            continue
        cells.append(cell)
    page.cells = cells
    return page


def folded_choices(question: Question) -> str:
    """Each choice unfolds into what there is to say about it."""
    parts = [
        f"<details>\n<summary>If you chose {choice.letter}</summary>\n\n"
        f"{'**Right.**' if choice.right else '**Not right.**'} {choice.feedback}\n\n</details>"
        for choice in question.choices
    ]
    return "\n\n".join(parts)


def with_formulas(markdown: str) -> str:
    """Formulas between dollar signs as MathML; code is left alone.

    Example:
        >>> "<math" in with_formulas("the share $p$")
        True
        >>> with_formulas("`$HOME` costs $5 or $6")
        '`$HOME` costs $5 or $6'
    """
    from latex2mathml.converter import convert

    def replace(match: re.Match[str]) -> str:
        formula = match["block"] or match["inline"]
        if formula is None or (match["block"] is None and re.match(r"[\d.,]+ ", formula)):
            return match[0]  # code, or two prices
        return str(convert(" ".join(formula.split()), display="block" if match["block"] else "inline"))

    return _FORMULA.sub(replace, markdown)


def _output(output: Any) -> Any:
    """An output as it stands on the page; None when there is nothing to see."""
    if output.output_type == "stream" and output.name == "stderr":
        return None
    data = output.get("data", {})
    if WIDGET in data:
        return _text(output, INTERACTIVE)
    html = data.get("text/html", "")
    if len(html) > LARGEST_HTML:
        return _text(output, TOO_LARGE)
    if "text/html" in data and "image/png" in data:
        output.data = type(output.data)({"text/html": html})  # holds the picture, its title and its text
    return output


def _text(output: Any, words: str) -> Any:
    output.data = type(output.data)({"text/html": f"<p><em>{escape(words)}</em></p>"})
    return output
