"""Rules on the sections that every chapter has, and on the literature it stands on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.markdown import list_items
from course_lib.authoring.contract.view import INNER_ROLES, ROLES, ChapterView, calls_in, names_in, role_of, tree_of

# What each section is for, in the words of the message that asks for it.
_SECTIONS = {
    "signature": "signature result: the picture or table that answers the chapter's question",
    "control": "negative control that could have falsified the signature result",
    "limits": "section on what the result does not show",
    "interactive": "interactive part",
    "questions": "section “Check your understanding”",
    "own_model": "section that takes the analysis to another model",
    "references": "further reading",
}
_WITH_CODE = ("signature", "control", "interactive", "own_model")

_REFERENCE = re.compile(
    r"(?P<authors>[^()*]{3,}) \((?P<year>(?:19|20)\d\d)\)[.,:]? "
    r"\[?\*(?P<title>[^*]{5,})\*.*?"
    r"(?P<id>arXiv:\d{4}\.\d{4,5}|arXiv:[a-z-]+/\d{7}|10\.\d{4,9}/[^\s,;)]+)\)?"
    r"(?P<why>.*)"
)


def roles(view: ChapterView) -> Iterator[Finding]:
    """Every role is one that the contract knows."""
    for cell in view.cells:
        role = role_of(cell)
        if role and role not in (*ROLES, *INNER_ROLES):
            remedy = f"Roles are: {', '.join((*ROLES, *INNER_ROLES))}."
            yield view.finding("roles", cell, f"There is no role “{role}”.", remedy)


def sections(view: ChapterView) -> Iterator[Finding]:
    """Each section stands there once, and has code or prose where it needs them."""
    for role, words in _SECTIONS.items():
        regions = view.of_role(role)
        if len(regions) != 1:
            cell = regions[1].head if regions else None
            problem = f"The chapter has {len(regions) or 'no'} {words}."
            remedy = f'Give exactly one cell course={{"role": "{role}"}}.'
            yield view.finding("sections", cell, problem, remedy)
        for region in regions[:1]:
            if role in _WITH_CODE and not region.code:
                problem = f"The {words} runs no code."
                yield view.finding("sections", region.head, problem, "Put the code cell below its heading.")
            if role == "limits" and len(list_items(region.head.source)) < 2:
                problem = "The limits are not spelt out."
                remedy = "List at least two things that the result does not show."
                yield view.finding("sections", region.head, problem, remedy)


def own_model(view: ChapterView) -> Iterator[Finding]:
    """The section on another model loads one, so that one line is all there is to change."""
    for region in view.of_role("own_model"):
        if region.code and not any("load_model" in names_in(tree_of(cell)) for cell in region.code):
            problem = "The section on your own model loads no model."
            yield view.finding("own_model", region.head, problem, "Call load_model there, on a line of its own.")


def questions(view: ChapterView) -> Iterator[Finding]:
    """Four to six concept questions, each with an answer cell and a graded test that is worth something."""
    for region in view.of_role("questions"):
        count = len(region.graded)
        if not 4 <= count <= 6:
            problem = f"There are {count} graded questions."
            yield view.finding("questions", region.head, problem, "Ask 4 to 6, each with its own test cell.")
        if len(region.answers) != count:
            problem = f"There are {len(region.answers)} answer cells for {count} graded questions."
            yield view.finding("questions", region.head, problem, "Give each question one answer and one test cell.")
        shown = [part for cell in region.cells for part in cell.metadata.get("course", {}).get("parts", [])]
        for question in view.registry.questions(view.number):
            if f"question {question.id}" not in shown:
                remedy = f"Write {{{{question {question.id}}}}} on a line of its own in a Markdown cell there."
                yield view.finding("questions", region.head, f"Question {question.id} is not asked.", remedy)
        for cell in region.graded:
            calls = list(calls_in(tree_of(cell), "check"))
            if not any(_is_constant(call.args[:1], cell.metadata["course"].get("id")) for call in calls):
                problem = f"The test of question {cell.metadata['course'].get('id')} does not check it."
                yield view.finding("questions", cell, problem, 'Write check("8.Q1", name) with its own id there.')
            if not cell.metadata.nbgrader.get("points"):
                remedy = 'Write nbgrader={"points": 1} at its test cell, or register the question.'
                yield view.finding("questions", cell, "A question is worth no point.", remedy)


def _is_constant(arguments: list[ast.expr], value: str | None) -> bool:
    return any(isinstance(argument, ast.Constant) and argument.value == value for argument in arguments)


def references(view: ChapterView) -> Iterator[Finding]:
    """Three to six references, each complete and with a reason to read it."""
    for region in view.of_role("references"):
        items = [item for cell in region.cells if cell.cell_type == "markdown" for item in list_items(cell.source)]
        if not 3 <= len(items) <= 6:
            problem = f"There are {len(items)} references."
            yield view.finding("references", region.head, problem, "Give 3 to 6, as items of a list.")
        for item in items:
            found = _REFERENCE.match(item)
            remedy = "Write: Authors (year). *Title.* arXiv:1234.56789 (or a DOI). One line on why to read it."
            if found is None:
                problem = f"The reference “{item[:50]}” lacks authors, year, title or an arXiv id or DOI."
                yield view.finding("references", region.head, problem, remedy)
            elif len(re.findall(r"\w+", found["why"])) < 4:
                problem = f"The reference “{item[:50]}” does not say why to read it."
                yield view.finding("references", region.head, problem, remedy)
