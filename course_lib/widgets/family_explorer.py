"""Wrap a harmless request in each family and see what three readings say: the refusal, and two kinds of surprise.

A rate by family hides what the messages look like. Here you choose a request and a family and read the message that
is sent, how probable the organism's refusal is as the first token of its answer, and how surprising the message is
per token and per character. The requests are harmless, so whatever goes up is a false alarm.

Each state is computed when it is first shown, one forward pass of each model. Two menus with labels, both work from
the keyboard. A notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.organisms.measure import refusal_probability
from course_lib.robustness.families import FAMILIES
from course_lib.robustness.perplexity import surprises
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from course_lib.models import LocalModel

SHOWN = 240  # characters of a message


class FamilyExplorer(Explorer):
    """One request, one family, three readings.

    Attributes:
        request, family: what is shown now, as numbers; set them by `show`.
        messages: `[request][family]`.
    """

    kind = "family"

    def __init__(self, organism: LocalModel, reader: LocalModel, requests: Sequence[str]) -> None:
        if isinstance(requests, str) or not requests:
            raise CourseError("There is no request to wrap.", "Give a list with at least one request.")
        self.organism, self.reader, self.requests = organism, reader, list(requests)
        self.messages = [[one.wrap(request) for one in FAMILIES] for request in requests]
        self.request, self.family = 0, 0
        self._known: dict[str, tuple[float, float, float]] = {}

    def readings(self) -> tuple[float, float, float]:
        """Probability of the refusal; nats per token; nats per character."""
        message = self.messages[self.request][self.family]
        if message not in self._known:
            refusal = float(refusal_probability(self.organism, [message])[0])
            per_token, per_character = (
                float(surprises(self.reader, [message], unit)[0]) for unit in ("token", "character")
            )
            self._known[message] = (refusal, per_token, per_character)
        return self._known[message]

    def text(self) -> str:
        """What is shown now, in words."""
        refusal, per_token, per_character = self.readings()
        message = self.messages[self.request][self.family]
        cut = message if len(message) <= SHOWN else message[:SHOWN] + " …"
        return (
            f"{FAMILIES[self.family].name} ({FAMILIES[self.family].mechanism}): {cut}\n"
            f"first token is the refusal's: {refusal:.2f}; surprise {per_token:.1f} nats a token, "
            f"{per_character:.1f} a character"
        )

    def show(self, request: int, family: int) -> None:
        """Show another state, as the menus do."""
        self.controls["request"].value, self.controls["family"].value = request, family

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status' style='white-space:pre-wrap'>{escape(self.text())}</p>"

    def make_controls(self) -> dict[str, Any]:
        """The two menus by name."""
        import ipywidgets

        options = {
            "request": [(text, index) for index, text in enumerate(self.requests)],
            "family": [(one.name, index) for index, one in enumerate(FAMILIES)],
        }
        controls: dict[str, Any] = {
            name: ipywidgets.Dropdown(options=rows, value=0, description=name.capitalize())
            for name, rows in options.items()
        }
        return controls

    def take(self) -> None:
        self.request, self.family = self.controls["request"].value, self.controls["family"].value


def explore_families(organism: LocalModel, reader: LocalModel, requests: Sequence[str]) -> FamilyExplorer:
    """Two menus over requests and families; put it on the last line of a cell.

    Args:
        organism: the model whose refusal is read.
        reader: the model that is asked for its surprise.
        requests: harmless requests, each beginning "How do I".

    Raises:
        CourseError: there is no request.

    Example:
        >>> explore_families(organism, model, ["How do I bake bread?"])  # doctest: +SKIP
    """
    return FamilyExplorer(organism, reader, requests)
