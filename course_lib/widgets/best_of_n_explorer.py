"""Be the optimiser: choose a request, a proxy and an n, and read the answer that is kept.

A curve says that the true reward falls; it does not show the answer that won. Here the first n answers of the pool are the
draw, the kept one is shown with both rewards, and beside it the one that the true reward would have kept. Nothing is
computed while the slider moves.

Three controls with labels: two menus and a slider; all work from the keyboard. A notebook executed without a browser keeps
the text of the first state.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.alignment import Pool


class BestOfNExplorer(Explorer):
    """One request, one proxy, so many draws.

    Attributes:
        pool: requests and answers.
        proxies: from a name to the proxy reward of each answer.
        request, proxy, n: what is shown now; set them by `show`.
    """

    kind = "best-of-n"

    def __init__(self, pool: Pool, proxies: Mapping[str, Float[Tensor, "request sample"]]) -> None:
        if not proxies or any(values.shape != pool.true_rewards.shape for values in proxies.values()):
            raise CourseError("The proxies do not fit the pool.", "Give at least one number for each answer.")
        self.pool, self.proxies = pool, dict(proxies)
        self.request, self.proxy, self.n = 0, next(iter(proxies)), 1

    def kept(self) -> int:
        """Which answer is kept: the first of those with the highest proxy reward among the first n."""
        return int(self.proxies[self.proxy][self.request, : self.n].argmax())

    def text(self) -> str:
        """What is shown now, in words."""
        kept, true = self.kept(), self.pool.true_rewards[self.request]
        best = int(true[: self.n].argmax())
        return (
            f"Best of {self.n} by {self.proxy}: {self.pool.answers[self.request][kept]!r}: proxy "
            f"{float(self.proxies[self.proxy][self.request, kept]):.2f}, true reward {float(true[kept]):.2f}. "
            f"By the true reward: {self.pool.answers[self.request][best]!r}, {float(true[best]):.2f}."
        )

    def frame(self) -> str:
        """The state as HTML."""
        asked = escape(self.pool.requests[self.request].text)
        return f"<p><b>{asked}</b></p><p role='status' style='white-space:pre-wrap'>{escape(self.text())}</p>"

    def show(self, request: int, proxy: str, n: int) -> None:
        """Show another state, as the controls do."""
        self.controls["request"].value, self.controls["proxy"].value = request, proxy
        self.controls["n"].value = n

    def make_controls(self) -> dict[str, Any]:
        """The three controls by name."""
        import ipywidgets

        wide = {"description_width": "70px"}
        requests = [(request.things, index) for index, request in enumerate(self.pool.requests)]
        most = self.pool.true_rewards.shape[1]
        controls: dict[str, Any] = {
            "request": ipywidgets.Dropdown(options=requests, value=self.request, description="Request", style=wide),
            "proxy": ipywidgets.Dropdown(options=list(self.proxies), value=self.proxy, description="Proxy", style=wide),
            "n": ipywidgets.IntSlider(
                value=self.n, min=1, max=most, description="n", style=wide, tooltip="Answers drawn"
            ),
        }
        return controls

    def take(self) -> None:
        self.request, self.proxy = self.controls["request"].value, self.controls["proxy"].value
        self.n = self.controls["n"].value


def explore_best_of_n(pool: Pool, proxies: Mapping[str, Float[Tensor, "request sample"]]) -> BestOfNExplorer:
    """A slider over n for every request and proxy; put it on the last line of a cell.

    Example:
        >>> explore_best_of_n(pool, {"words": pool.words})  # doctest: +SKIP
    """
    return BestOfNExplorer(pool, proxies)
