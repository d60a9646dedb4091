"""From a stored result to nbgrader's gradebook, named in `nbgrader_config.py`.

`TakeStoredResult` stands where nbgrader has `Execute`: it runs nothing, and writes into each test cell what nbgrader
would have found there. nbgrader reads a mark from a cell's outputs: an error gives 0, a number as the cell's value gives
that number, anything else gives all points. So the report goes in as text and HTML of ours, and behind it, where points
are missing, an error or the number. `SaveAutoGrades` then arrives at our marks by its own rules.

`SaveComments` comes behind it and puts one sentence beside each answer, which formgrader and the feedback show. Only the
course's own words get there: what a learner's code printed or raised stays in the report, where everything is escaped.

Neither knows a hidden case: of those a result holds one name, which is left out here.
"""

from __future__ import annotations

from typing import Any

from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from course_lib.grading.cell_report import comment, html_of, text_of
from course_lib.grading.exporter import MARK, SubmissionExporter, plain_words
from course_lib.grading.matching import takes_of
from course_lib.grading.results import ItemResult, SubmissionResult

RESULT = "course_result"
NAME = "NotFullMarks"


class TakeStoredResult(NbGraderPreprocessor):
    """Writes the stored result of a submission into its test cells."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Fill the test cells of one submission."""
        exporter = self.parent
        if not isinstance(exporter, SubmissionExporter):
            raise RuntimeError("c.Autograde.exporter_class must be course_lib.grading.exporter.SubmissionExporter")
        result = exporter.result(resources)
        resources["nbgrader"][RESULT] = result
        for cell in nb.cells:
            if cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell):
                cell.outputs, cell.execution_count = outputs_of(cell, result), None
        nb.metadata[MARK] = {"key": mark_of(result), "graded_at": result.graded_at}
        return nb, resources


def mark_of(result: SubmissionResult) -> str:
    """What a result is recognised by; an unreadable submission has no key of its own."""
    return result.key or f"unreadable:{result.sha256}"


def outputs_of(cell: Any, result: SubmissionResult) -> list[Any]:
    """The outputs of a test cell from which nbgrader reads the cell's share of the points."""
    from nbformat.v4 import new_output

    items = items_of(cell, result)
    most = float(cell.metadata["nbgrader"]["points"])
    points = share_of(items, most)
    if items:
        text, page = "\n".join(map(text_of, items)), "".join(map(html_of, items))
    else:
        text = result.reason or "There is no result for this test."
        page = f"<p>{plain_words(text)}</p>"
    outputs = [new_output("display_data", {"text/plain": text, "text/html": page})]
    if 0 < points < most:
        outputs.append(new_output("execute_result", {"text/plain": repr(points)}))
    elif points < most or not items:
        line = plain_words("; ".join(comment(item) for item in items) or text)
        outputs.append(new_output("error", ename=NAME, evalue=line, traceback=[line]))
    return outputs


def items_of(cell: Any, result: SubmissionResult) -> list[ItemResult]:
    """The results that a test cell asks for: of each `check(id, name)` in it."""
    found = [result.of(take.item) for take in takes_of(cell.source)]
    return [item for item in found if item is not None]


def share_of(items: list[ItemResult], most: float) -> float:
    """What of a cell's points is reached; two test cells of one exercise divide its points as the chapter does."""
    possible = sum(item.possible for item in items)
    reached = sum(min(max(item.points, 0.0), item.possible) for item in items)
    return most if possible and reached == possible else most * reached / possible if possible else 0.0


class SaveComments(NbGraderPreprocessor):
    """Puts the sentence of each result beside its answer in the gradebook."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Write the comments of one submission; a comment by hand goes before them and is kept."""
        known = resources["nbgrader"]
        result: SubmissionResult = known[RESULT]
        with Gradebook(known["db_url"]) as book:
            for cell in nb.cells:
                text = _comment_on(cell, result)
                if text:
                    place = (
                        cell.metadata["nbgrader"]["grade_id"],
                        known["notebook"],
                        known["assignment"],
                        known["student"],
                    )
                    book.find_comment(*place).auto_comment = text
            book.db.commit()
        return nb, resources


def _comment_on(cell: Any, result: SubmissionResult) -> str:
    if not utils.is_solution(cell):
        return ""
    if not result.readable:
        return f"The submission could not be read. {plain_words(result.reason)}"
    item = result.of(str(cell.metadata.get("course", {}).get("id", "")))
    return plain_words(comment(item)) if item is not None else ""
