"""Rules on how a chapter opens: the card, then something that really happens."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.markdown import list_items, table_rows
from course_lib.authoring.contract.view import ChapterView, names_in, tree_of

CHAPTERS = 18
_ROWS = ("chapter", "minutes", "prerequisites", "key insight")
_IDS = re.compile(r"\(?(?:exercises? )?(\d+\.\d+(?:(?:, | and )\d+\.\d+)*)\)?\.?$", re.IGNORECASE)


def card(view: ChapterView) -> Iterator[Finding]:
    """Exactly one card, with its four rows."""
    cards = view.of_role("card")
    if len(cards) != 1:
        remedy = 'Give one Markdown cell at the top course={"role": "card"}.'
        yield view.finding("card", None, f"There are {len(cards)} cards.", remedy)
        return
    head = cards[0].head
    rows = table_rows(head.source)
    for row in _ROWS:
        if not rows.get(row):
            yield view.finding(
                "card", head, f"The card has no row “{row.capitalize()}”.", "Add it to the card's table."
            )
    if rows.get("chapter") and rows["chapter"] != f"{view.number} of {CHAPTERS}":
        problem = f"The card says chapter “{rows['chapter']}”."
        yield view.finding("card", head, problem, f"Write “{view.number} of {CHAPTERS}”.")
    if rows.get("minutes") and not re.match(r"(about )?\d+\b", rows["minutes"]):
        yield view.finding("card", head, "The card's minutes are no number.", "Write a measured number of minutes.")
    insight = rows.get("key insight", "")
    if insight and len(re.findall(r"[.!?](?=\s|$)", insight)) != 1:
        yield view.finding("card", head, "The key insight is not one sentence.", "Say it in one sentence.")


def objectives(view: ChapterView) -> Iterator[Finding]:
    """Three to six objectives, each of which ends with the exercises that train it."""
    for region in view.of_role("card"):
        items = list_items(region.head.source)
        if not 3 <= len(items) <= 6:
            problem = f"The card lists {len(items)} objectives."
            yield view.finding("objectives", region.head, problem, "List 3 to 6.")
        there = {exercise.id for exercise in view.of_role("exercise", "repair")}
        for item in items:
            found = _IDS.search(item)
            ids = re.findall(r"\d+\.\d+", found[1]) if found else []
            unknown = [id for id in ids if id not in there]
            if not ids or unknown:
                problem = f"The objective “{item[:60]}” names no exercise of this chapter."
                remedy = "End it with the id of an exercise in parentheses, as “(8.1)”."
                yield view.finding("objectives", region.head, problem, remedy)


def cold_open(view: ChapterView) -> Iterator[Finding]:
    """Among the first two code cells the learner sees the model do something."""
    regions = view.of_role("cold_open")
    if len(regions) != 1 or not regions[0].code:
        problem = f"There are {len(regions)} cold opens with code." if regions else "There is no cold open."
        remedy = 'Give one early code cell course={"role": "cold_open"}.'
        yield view.finding("cold_open", regions[0].head if regions else None, problem, remedy)
        return
    first = view.code[:2]
    opening = [cell for cell in regions[0].code if any(cell is other for other in first)]
    if not opening:
        problem = "The cold open comes after the second code cell."
        yield view.finding("cold_open", regions[0].head, problem, "Move it up.")
        return
    models = {"load_model"}.union(*(_models(tree_of(cell)) for cell in first))
    if not any(models & names_in(tree_of(cell)) for cell in opening):
        problem = "The cold open does not use the model."
        remedy = "Call load_model, or use the model that was loaded in the cell before."
        yield view.finding("cold_open", regions[0].head, problem, remedy)


def _models(tree: ast.Module) -> set[str]:
    """The names that hold a loaded model."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "load_model" in names_in(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
