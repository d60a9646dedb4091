"""A small change to one of nbgrader's preprocessors, named in `nbgrader_config.py`.

Where an answer was cut out, nbgrader leaves the same line everywhere. When a notebook with six exercises stops, the
learner should read which one is meant, so the line carries the exercise's id. A concept question ("8.Q1") is answered by
a letter in a line that stays (`choice = "?"`); there the stub would only be in the way.
"""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import ClearSolutions


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
