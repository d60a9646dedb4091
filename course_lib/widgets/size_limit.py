"""How much may one cell write into a notebook?

A notebook is one file. Everything that a cell shows is stored in it, travels with it to the grader and into version
control, and is read again each time it is opened. The weights of a text grow with layers x heads x words squared: twice
the words are four times the bytes, and a chat of 100 words already fills ten megabytes. So a view has a limit, and
going over it is an error that says how much would fit.

There are two checks because there are two moments. Before the model runs, the least possible size is known from the
shape alone ("0.0," is four bytes), and a hopeless request costs nothing. When the view is there, its size is exact.
"""

from __future__ import annotations

from course_lib.errors import CourseError
from course_lib.widgets.attention_view import AttentionView
from course_lib.widgets.bertviz_scripts import SCRIPTS, library_source


def refuse_if_hopeless(n_layers: int, n_heads: int, n_words: int, max_bytes: int) -> None:
    """Raise before any work when the shortest possible numbers alone are too many.

    Raises:
        CourseError: naming the least size and how many layers would fit.

    Example:
        >>> refuse_if_hopeless(30, 9, 14, 2_000_000)
    """
    least = 4 * n_layers * n_heads * n_words**2
    if least > max_bytes:
        usual = 5 * n_heads * n_words**2  # half of the weights are "0.0,", the other half like "0.123,"
        raise _too_large("at least ", least, n_layers, usual, max_bytes)


def if_it_fits(view: AttentionView, max_bytes: int) -> AttentionView:
    """The view itself when it is no larger than `max_bytes`.

    Raises:
        CourseError: naming its size and how many layers would fit.
    """
    if view.n_bytes > max_bytes:
        n_layers = len(view.layers)
        raise _too_large("", view.n_bytes, n_layers, (view.n_bytes - _scripts_bytes()) / n_layers, max_bytes)
    return view


def _scripts_bytes() -> int:
    """What every view carries, however small."""
    return sum(len(library_source(name)) for name in SCRIPTS)


def _too_large(about: str, n_bytes: int, n_layers: int, bytes_per_layer: float, max_bytes: int) -> CourseError:
    """The refusal, with the number of layers that would fit."""
    fitting = int((max_bytes - _scripts_bytes()) / bytes_per_layer)
    limit = f"the limit is {max_bytes / 1e6:.1f} MB"
    problem = f"This view would write {about}{n_bytes / 1e6:.1f} MB into the notebook; {limit}."
    if fitting >= 1:
        return CourseError(problem, f"Choose fewer layers or heads: about {fitting} of these {n_layers} layers fit.")
    return CourseError(problem, "Choose one layer and few heads, or a shorter text, or raise `max_bytes`.")
