"""One document, one defence: the prompt as the model gets it, and what it answered.

A table of rates hides what a defended prompt looks like. Here is one at a time: choose a document and a defence. The
answers are the stored ones, so nothing is computed while you look. Two menus with labels, all work from the keyboard;
a notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from html import escape
from typing import Any

from course_lib.data.injection import Document, load_documents
from course_lib.injection.canary import holds_canary
from course_lib.injection.measure import CONDITIONS, defended, stored_answers
from course_lib.injection.spotlight import request_with_document
from course_lib.widgets.explorer import Explorer


class DocumentExplorer(Explorer):
    """One of the 80 documents with one defence.

    Attributes:
        number: which document is shown; set both by `show`.
        condition: which defence.
    """

    kind = "document"

    def __init__(self) -> None:
        self.documents, self.answers = defended(load_documents()), stored_answers()
        self.number, self.condition = 0, "none"

    @property
    def document(self) -> Document:
        """The document that is shown."""
        return self.documents[self.number]

    def text(self) -> str:
        """What is shown now, in words."""
        one = self.document
        answer = self.answers[f"{self.condition}/injected/{one.id}"]
        verdict = "followed" if holds_canary(answer, one.marker) else "not followed"
        request = request_with_document(one.question, one.injected, self.condition)
        return f"{one.wording}, defence: {self.condition}\n\n{request}\n\n→ {answer}\n(planted instruction {verdict})"

    def show(self, number: int, condition: str) -> None:
        """Show another state, as the menus do."""
        self.controls["document"].value, self.controls["defence"].value = number, condition

    def frame(self) -> str:
        """The state as HTML."""
        return f"<pre role='status' style='white-space:pre-wrap'>{escape(self.text())}</pre>"

    def make_controls(self) -> dict[str, Any]:
        """The two menus by name."""
        import ipywidgets

        wide = {"description_width": "90px"}
        names = [(f"{one.id}: {one.wording}, {one.topic}", place) for place, one in enumerate(self.documents)]
        controls: dict[str, Any] = {
            "document": ipywidgets.Dropdown(options=names, value=0, description="Document", style=wide),
            "defence": ipywidgets.Dropdown(options=CONDITIONS, value="none", description="Defence", style=wide),
        }
        return controls

    def take(self) -> None:
        self.number, self.condition = self.controls["document"].value, self.controls["defence"].value


def explore_documents() -> DocumentExplorer:
    """Two menus over documents and defences; put it on the last line of a cell.

    Example:
        >>> explore_documents()  # doctest: +SKIP
    """
    return DocumentExplorer()
