"""What formgrader's *Generate* and `nbgrader generate_assignment` meet in the folder of a class: a refusal.

nbgrader deletes a released assignment before it makes it anew, and what it makes has not been tried: no grading of the
answers, none of the untouched notebook. A converter asks for its exporter before it deletes anything, so that is where
the refusal stands.
"""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException

WHY = (
    "Nothing was changed. The chapters of this class were made by `course release`, which tries the grading of each; "
    "to make one anew, run `course release NN --class NAME`."
)


class MadeByRelease(NotebookExporter):
    """Named as `c.GenerateAssignment.exporter_class` in the settings of a class.

    Raises:
        NbGraderException: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log.error(WHY)
        raise NbGraderException(WHY)
