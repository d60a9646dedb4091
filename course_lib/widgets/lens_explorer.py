"""The logit lens at every layer and every position: what would the model say next, if it stopped here?

One pass of the model gives the residual stream everywhere; all that a slider changes is where it is read. So the pass is made
once; the readings at a position are made when it is first looked at, and kept.

The pitfall is to read the top token as a thought. Early states are not written in the last layer's language, so a list of odd
words there says little; follow instead the rank of one token that you have named before you looked.

Four controls with labels: sliders for the layer and the position, a field for the token to follow, and one for a text of your
own. All work from the keyboard. A notebook executed without a browser keeps the text of the first state.

Source: nostalgebraist (2020), *Interpreting GPT: the logit lens*. `course_lib.patching.lens` has the details.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.figures.style import token_label
from course_lib.patching.lens import lens_readings, lens_states
from course_lib.render import visible_token
from course_lib.widgets.drawings import bars_drawing
from course_lib.widgets.explorer import Explorer, own_text

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.figures.picture import Picture
    from course_lib.models import LocalModel

SHOWN, LONGEST = 8, 64


class LensExplorer(Explorer):
    """One text; a number of blocks, a position, and a token to follow.

    Attributes:
        tokens: the text's.
        states: the residual stream, `[layer, position, d_model]`; row 0 is the embedding.
        blocks, position, follow: what is shown now; set them by `show`.
    """

    kind = "lens"
    in_a_row = True

    def __init__(self, model: LocalModel, prompt: str, follow: str) -> None:
        self.model = model
        self.read(prompt)
        self.blocks, self.position = model.n_layers, len(self.tokens) - 1
        self.follow_token(follow)

    def read(self, prompt: str) -> None:
        """Run the model on a text and keep every reading; the only step that takes time."""
        ids = self.model.encode(prompt)
        if not 1 <= len(ids) <= LONGEST:
            raise CourseError(f"A text of {len(ids)} tokens cannot be shown here.", f"Give 1 to {LONGEST} tokens.")
        self.states = lens_states(self.model, ids)
        self.prompt, self.tokens = prompt, tuple(self.model.tokens(ids))
        self.readings = lru_cache(maxsize=LONGEST)(self._readings)

    def _readings(self, position: int) -> Float[Tensor, "layer vocab"]:
        """Log probabilities after every number of blocks; `readings` is this function with a memory."""
        return lens_readings(self.model, self.states[:, position])

    def follow_token(self, token: str) -> None:
        """Choose the token to follow; "" for the model's own next token behind the text."""
        number = self.model.single_token(token) if token else int(self.readings(len(self.tokens) - 1)[-1].argmax())
        self.follow, self.number = token, number

    def best(self) -> list[tuple[str, float]]:
        """The most likely next tokens by this reading, with their probabilities."""
        found = self.readings(self.position)[self.blocks].exp().topk(SHOWN)
        return list(zip(self.model.tokens(found.indices.tolist()), found.values.tolist(), strict=True))

    def rank(self, blocks: int) -> int:
        """The rank of the token that is followed; 1 is the most likely."""
        row = self.readings(self.position)[blocks]
        return 1 + int((row > row[self.number]).sum())

    def title(self) -> str:
        """What is shown."""
        where = visible_token(self.tokens[self.position])
        return f"Logit lens after {self.blocks} of {len(self.states) - 1} blocks, behind {where!r} (position {self.position})"

    def _sentence(self) -> str:
        followed = visible_token(self.model.tokens([self.number])[0])
        ranks = ", ".join(f"{self.rank(blocks)}" for blocks in range(len(self.states)))
        probability = float(self.readings(self.position)[self.blocks, self.number].exp())
        now = f"{followed!r}: rank {self.rank(self.blocks)}, probability {probability:.3f}"
        return f"{now}. Its rank after 0, 1, 2, … blocks: {ranks}"

    def text(self) -> str:
        """What is shown now, in words."""
        shown = ", ".join(f"{visible_token(token)!r} {probability:.2f}" for token, probability in self.best())
        return f"{self.title()}\n{self.prompt}\nMost likely next: {shown}\n{self._sentence()}"

    def frame(self) -> str:
        """The text with the position marked, a bar for each candidate, and the followed token in words."""
        pieces = [escape(visible_token(token)) for token in self.tokens]
        pieces[self.position] = f"<mark>{pieces[self.position]}</mark>"
        bars = "".join(
            f"<tr><td style='text-align:right;padding:.1em .6em'><code>{escape(visible_token(token))}</code></td>"
            f"<td style='width:320px'><div style='background:#56B4E9;height:1em;width:{100 * p:.1f}%'></div></td>"
            f"<td style='padding:.1em .6em'>{p:.3f}</td></tr>"
            for token, p in self.best()
        )
        return (
            f"<p><b>{escape(self.title())}</b></p><p style='white-space:pre-wrap'>{''.join(pieces)}</p>"
            f"<table style='color:inherit'>{bars}</table><p role='status'>{escape(self._sentence())}</p>"
        )

    def rows(self) -> list[dict[str, Any]]:
        """The followed token after every number of blocks, at this position, beside the most likely one."""
        best = self.readings(self.position).max(dim=-1)
        names = self.model.tokens(best.indices.tolist())
        own = self.readings(self.position)[:, self.number].tolist()
        return [
            {"blocks": blocks, "followed": self.model.tokens([self.number])[0], "rank": self.rank(blocks),
             "log probability": own[blocks], "most likely": names[blocks], "its log probability": float(best.values[blocks])}
            for blocks in range(len(self.states))
        ]  # fmt: skip

    def drawing(self) -> Picture:
        """The candidates as bars."""
        names, values = zip(*self.best(), strict=True)
        return bars_drawing(self.title(), list(map(token_label, names)), values, "probability", self.text())

    def show(self, blocks: int, position: int = -1, follow: str | None = None) -> None:
        """Show another state, as the controls do."""
        if not 0 <= blocks < len(self.states):
            raise CourseError(f"There are not {blocks} blocks.", f"Choose 0 to {len(self.states) - 1}.")
        if not -len(self.tokens) <= position < len(self.tokens):
            raise CourseError(f"There is no position {position}.", f"Choose 0 to {len(self.tokens) - 1}.")
        if follow:
            self.model.single_token(follow)
        chosen = self.follow if follow is None else follow
        self.set(blocks=blocks, position=position % len(self.tokens), follow=chosen)

    def make_controls(self) -> dict[str, Any]:
        """The two sliders and the two fields by name."""
        import ipywidgets

        wide = {"description_width": "60px"}
        return {
            "blocks": ipywidgets.IntSlider(
                value=self.blocks, min=0, max=len(self.states) - 1, description="Blocks", style=wide
            ),
            "position": ipywidgets.IntSlider(
                value=self.position, min=0, max=len(self.tokens) - 1, description="Position", style=wide
            ),
            "follow": ipywidgets.Text(
                value=self.follow, description="Follow", placeholder="one token, with its space", style=wide,
                continuous_update=False,
            ),
            "text": own_text(self.prompt),
        }  # fmt: skip

    def take(self) -> None:
        """Read the controls; with a new text the position is its last."""
        controls = self.controls
        if controls["text"].value != self.prompt:
            self.read(controls["text"].value)
            controls["position"].max = len(self.tokens) - 1
            controls["position"].value = self.position = len(self.tokens) - 1
        self.blocks, self.position = controls["blocks"].value, controls["position"].value
        self.follow_token(controls["follow"].value)


def explore_lens(model: LocalModel, prompt: str, follow: str = "") -> LensExplorer:
    """Sliders over layers and positions of the logit lens; put it on the last line of a cell.

    Args:
        model: a loaded model.
        prompt: a text of at most 64 tokens.
        follow: one token, with its leading space; the model's own next token if left out.

    Raises:
        CourseError: an empty or long text, or a token that is none.

    Example:
        >>> from course_lib import load_model
        >>> explore_lens(load_model("tiny:0"), "The capital of France is", " Paris").blocks
        2
    """
    return LensExplorer(model, prompt, follow)
