"""Watch an answer come about: at each step the tokens that could have come next, and what a temperature does to them.

An answer looks like one decision. It is a chain of them: at every step the model gives each token a probability, one is
taken, and everything afterwards depends on it. Greedy decoding takes the most probable one. Most chat programs *draw* one
instead, after dividing the logits by a **temperature**: below 1 the probable tokens gain, above 1 the improbable ones do. So
the same model refuses on one day and complies on the next, and a rate measured greedily is a rate of greedy decoding.

All logits are kept while the greedy answer is written, so nothing is computed while a slider moves. The last step can be the
token that ends the turn.
Two sliders with labels, both work from the keyboard. A notebook executed without a browser keeps the text of the first state.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.figures.style import token_label
from course_lib.render import visible_token
from course_lib.widgets.drawings import bars_drawing
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.figures.picture import Picture
    from course_lib.models import LocalModel

SHOWN = 8
TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


class NextTokenExplorer(Explorer):
    """One greedy answer, one step of it, one temperature.

    Attributes:
        request: what the user said.
        pieces: the tokens of the greedy answer, the end of the turn included where it was reached.
        logits: of the token at each step, `[step, vocab]`.
        step, temperature: what is shown now; set them by `show`.
    """

    kind = "next-token"

    def __init__(self, model: LocalModel, request: str, max_new_tokens: int) -> None:
        if max_new_tokens < 1:
            raise CourseError("An answer without tokens has no steps.", "Give max_new_tokens of at least 1.")
        ids, rows = model.encode(model.chat(request)), []
        for _ in range(max_new_tokens):
            rows.append(model.logits(ids)[-1].float())
            ids = torch.cat([ids, rows[-1].argmax()[None]])
            if ids[-1] == model.tokenizer.eos_token_id:
                break
        self.request, self.pieces = request, model.tokens(ids[-len(rows) :].tolist())
        self.logits: Float[Tensor, "step vocab"] = torch.stack(rows)
        self.names = model.tokens
        self.step, self.temperature = 0, 1.0

    def best(self) -> list[tuple[str, float]]:
        """The most probable tokens at this step and temperature."""
        found = (self.logits[self.step] / self.temperature).softmax(-1).topk(SHOWN)
        return list(zip(self.names(found.indices.tolist()), found.values.tolist(), strict=True))

    def text(self) -> str:
        """What is shown now, in words."""
        said = "".join(self.pieces[: self.step]) or "(nothing yet)"
        shown = ", ".join(f"{visible_token(token)} {probability:.2f}" for token, probability in self.best())
        rest = max(0.0, 1 - sum(probability for _, probability in self.best()))
        return (
            f"Step {self.step + 1} of {len(self.pieces)}, temperature {self.temperature:g}. Said so far: {said}\n"
            f"Next: {shown}; all others together {rest:.2f}"
        )

    def rows(self) -> list[dict[str, Any]]:
        """A row for each candidate."""
        return [{"token": visible_token(token), "probability": probability} for token, probability in self.best()]

    def drawing(self) -> Picture:
        """The bars as a figure."""
        title = f"Step {self.step + 1} of {len(self.pieces)}, temperature {self.temperature:g}"
        names, values = zip(*self.best(), strict=True)
        return bars_drawing(title, list(map(token_label, names)), values, "probability", self.text())

    def show(self, step: int, temperature: float) -> None:
        """Show another state, as the sliders do."""
        self.controls["step"].value, self.controls["temperature"].value = step + 1, temperature

    def frame(self) -> str:
        """The state as HTML: what was said, and a bar for each candidate."""
        said, taken = escape("".join(self.pieces[: self.step])), escape(visible_token(self.pieces[self.step]))
        bars = "".join(
            f"<tr><td style='text-align:right;padding:.1em .6em'><code>{escape(visible_token(token))}</code></td>"
            f"<td style='width:320px'><div style='background:#56B4E9;height:1em;width:{100 * p:.1f}%'></div></td>"
            f"<td style='padding:.1em .6em'>{p:.3f}</td></tr>"
            for token, p in self.best()
        )
        return (
            f"<p style='white-space:pre-wrap'>{escape(self.request)}\n→ {said}<b>[{taken}]</b></p>"
            f"<table>{bars}</table><p role='status'>{escape(self.text())}</p>"
        )

    def make_controls(self) -> dict[str, Any]:
        """The two sliders by name."""
        import ipywidgets

        wide = {"description_width": "90px"}
        controls: dict[str, Any] = {
            "step": ipywidgets.IntSlider(value=1, min=1, max=len(self.pieces), description="Step", style=wide),
            "temperature": ipywidgets.SelectionSlider(
                value=1.0, options=TEMPERATURES, description="Temperature", style=wide
            ),
        }
        return controls

    def take(self) -> None:
        self.step, self.temperature = self.controls["step"].value - 1, self.controls["temperature"].value


def explore_next_tokens(model: LocalModel, request: str, max_new_tokens: int = 12) -> NextTokenExplorer:
    """Two sliders over the steps of a greedy answer and the temperature; put it on the last line of a cell.

    Args:
        model: a loaded model with a chat template.
        request: what the user says.
        max_new_tokens: how long the answer may be; keep it short for a harmful request.

    Raises:
        CourseError: the answer may have no tokens.

    Example:
        >>> explore_next_tokens(model, "Why is the sky blue?")  # doctest: +SKIP
    """
    return NextTokenExplorer(model, request, max_new_tokens)
