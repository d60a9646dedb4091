"""Two small changes to nbgrader's preprocessors, named in `nbgrader_config.py`.

`NumberedStubs`: where an answer was cut out, nbgrader leaves the same line everywhere. When a notebook with six
exercises stops, the learner should read which one is meant, so the line carries the exercise's id. A concept question
("8.Q1") is answered by a letter in a line that stays (`choice = "?"`); there the stub would only be in the way.

`DropCopiedIds`: a learner copies an answer cell to try something, and the notebook then has one grade id twice.
nbgrader keeps the last one and *empties* the metadata of the others; its own validator then takes an empty record for
one of an outdated version and stops grading for the whole class. Removing the record in place of emptying it leaves an
ordinary code cell, which runs in its order like any other.
"""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import ClearSolutions, DeduplicateIds


class NumberedStubs(ClearSolutions):
    """Cuts out answers; `{id}` in the stub becomes the id of the cell's exercise."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Cut the answer out of one cell."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            stub = self.code_stub["python"]
            id = cell.metadata.get("course", {}).get("id", cell.metadata.nbgrader["grade_id"])
            numbered = "" if ".Q" in id else stub.replace("{id}", id)
            cell.source = cell.source.replace(stub, numbered).rstrip()
        return cell, resources


class DropCopiedIds(DeduplicateIds):
    """Keeps the last cell of each grade id and turns the earlier copies into ordinary cells."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Look at one cell; cells come last first."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources
