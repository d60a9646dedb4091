"""One question, several methods: which tokens does each of them make responsible, for this answer or for that one?

A single coloured sentence is easily believed. Change the method and the colours move; change the target and see whether they
follow. The scores of one method and one target are computed when they are first asked for, and kept.

Two pitfalls. The scores of two methods have different units, so compare orders and not heights. And a method that was not
found faithful on many prompts (chapter 10 measures it) does not become so because its picture is plausible.

Three controls with labels: two menus, and a field for a prompt of your own (Enter runs the model). All work from the keyboard.
A notebook executed without a browser keeps the text of the first state.

Sources: as the methods; see `course_lib.attribution`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.attribution import (
    TokenAttribution,
    gradient_x_input,
    integrated_gradients,
    removal_attribution,
    saliency,
    shapley_values,
)
from course_lib.errors import CourseError
from course_lib.figures.style import token_label
from course_lib.models.prefix import last_logits
from course_lib.render import token_strip, visible_token
from course_lib.widgets.drawings import bars_drawing
from course_lib.widgets.explorer import Explorer, own_text

if TYPE_CHECKING:
    from course_lib.figures.picture import Picture
    from course_lib.models import LocalModel

LONGEST = 64  # tokens of a prompt
OFFERED = 5  # of the model's own next tokens
MOST_STEPS = 128  # of integrated gradients; where that is too few, a note says how much is missing
ORDERS = 20  # of Shapley values, where they are sampled
METHODS: dict[str, Callable[[Any, str, str], TokenAttribution]] = {
    "removal": removal_attribution,
    "replacement by a space": lambda model, prompt, target: removal_attribution(
        model, prompt, target, mode="replace", replacement_id=int(model.encode(" ")[-1])
    ),
    "saliency": saliency,
    "gradient × input": gradient_x_input,
    "integrated gradients": lambda model, prompt, target: integrated_gradients(
        model, prompt, target, tolerance=0.05, max_steps=MOST_STEPS
    ),
    "Shapley values": lambda model, prompt, target: shapley_values(model, prompt, target, permutations=ORDERS),
}


class AttributionExplorer(Explorer):
    """One prompt, one method, one target token.

    Attributes:
        prompt, method, target: what is shown now; set them by `show`.
        targets: the tokens that the menu offers.
    """

    kind = "attribution"
    in_a_row = True

    def __init__(self, model: LocalModel, prompt: str, targets: Sequence[str] = ()) -> None:
        self.model, self.asked = model, tuple(targets)
        self.read(prompt)
        self.method = next(iter(METHODS))

    def read(self, prompt: str) -> None:
        """Take a prompt: find out which targets to offer. Scores come later, when they are asked for."""
        ids = self.model.encode(prompt)
        if not 2 <= len(ids) <= LONGEST:
            raise CourseError(f"A prompt of {len(ids)} tokens cannot be shown here.", f"Give 2 to {LONGEST} tokens.")
        for target in self.asked:
            self.model.single_token(target)
        likely = last_logits(self.model, ids[None], 1)[0, -1].topk(OFFERED).indices.tolist()
        own = [token for token in self.model.tokens(likely) if self._single(token)]
        self.prompt, self.targets = prompt, tuple(dict.fromkeys([*self.asked, *own]))
        if not self.targets:
            raise CourseError("No next token of this prompt can be named.", "Give targets, each one token.")
        self.target = self.targets[0]
        self.scores = lru_cache(maxsize=None)(self._scores)

    def _single(self, token: str) -> bool:
        try:
            self.model.single_token(token)
        except CourseError:
            return False
        return True

    def _scores(self, method: str, target: str) -> TokenAttribution:
        """One method's scores for one target; `scores` is this function with a memory."""
        if method not in METHODS:
            raise CourseError(f"There is no method {method!r}.", f"Choose one of: {', '.join(METHODS)}.")
        return METHODS[method](self.model, self.prompt, target)

    def title(self) -> str:
        """What is shown."""
        found = self.scores(self.method, self.target)
        return f"{self.method}: why {visible_token(self.target)!r}? ({found.unit})"

    def frame(self) -> str:
        """The prompt, coloured, and the strongest tokens in words."""
        found = self.scores(self.method, self.target)
        strip = token_strip(found.tokens, found.scores[0].tolist(), label=self.title())
        notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
        return f'{strip}<p role="status">{escape(self._sentence(found))}</p>{notes}'

    def _sentence(self, found: TokenAttribution) -> str:
        return "Strongest: " + ", ".join(f"{visible_token(token)!r} {score:+.2f}" for _, token, score in found.top(4))

    def text(self) -> str:
        """What is shown now, in words."""
        found = self.scores(self.method, self.target)
        return "\n".join([self.title(), self.prompt, self._sentence(found), *found.notes])

    def rows(self) -> list[dict[str, Any]]:
        """A row for each token of the prompt."""
        found = self.scores(self.method, self.target)
        about = {"method": self.method, "target": self.target, "unit": found.unit}
        pairs = zip(found.tokens, found.scores[0].tolist(), strict=True)
        return [
            {"position": place, "token": token, "score": score, **about} for place, (token, score) in enumerate(pairs)
        ]

    def drawing(self) -> Picture:
        """The scores as bars."""
        found = self.scores(self.method, self.target)
        return bars_drawing(
            self.title(), list(map(token_label, found.tokens)), found.scores[0].tolist(), found.unit, self.text()
        )

    def show(self, method: str, target: str | None = None) -> None:
        """Show another state, as the menus do."""
        target = self.target if target is None else target
        if target not in self.targets:
            raise CourseError(
                f"{target!r} is not among the targets.", "Name it in `targets` when you make the explorer."
            )
        self.scores(method, target)
        self.set(method=method, target=target)

    def make_controls(self) -> dict[str, Any]:
        """The two menus and the field by name."""
        import ipywidgets

        wide = {"description_width": "60px"}
        return {
            "method": ipywidgets.Dropdown(options=list(METHODS), value=self.method, description="Method", style=wide),
            "target": ipywidgets.Dropdown(options=self._options(), value=self.target, description="Target", style=wide),
            "text": own_text(self.prompt),
        }

    def _options(self) -> list[tuple[str, str]]:
        return [(repr(visible_token(target)), target) for target in self.targets]

    def take(self) -> None:
        """Read the controls; a new prompt brings new targets."""
        if self.controls["text"].value != self.prompt:
            self.read(self.controls["text"].value)
            self.controls["target"].options = self._options()
        method, target = self.controls["method"].value, self.controls["target"].value
        self.scores(method, target)
        self.method, self.target = method, target


def explore_attribution(model: LocalModel, prompt: str, targets: Sequence[str] = ()) -> AttributionExplorer:
    """Two menus, over methods and target tokens; put it on the last line of a cell.

    Args:
        model: a loaded model.
        prompt: a text of 2 to 64 tokens.
        targets: tokens to explain, each with its leading space; the model's own most likely next tokens follow.

    Raises:
        CourseError: a prompt that is too short or too long, or a target that is not one token.

    Example:
        >>> from course_lib import load_model
        >>> explore_attribution(load_model("tiny:0"), "The capital of France is", [" Paris"]).targets[0]
        ' Paris'
    """
    return AttributionExplorer(model, prompt, targets)
