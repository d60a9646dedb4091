"""The frame of every explorer: controls above, what they show below, and a way to keep it.

A printed figure answers the question of its author; an explorer lets the reader ask the next one. All explorers of the
course are built alike, so that whoever has used one can use the others:

* **controls** with labels, which work from the keyboard (Tab to move on, arrow keys to change);
* **what they show**, redrawn at once; what costs a pass of the model is computed once and kept;
* **in words** beside it, for whoever cannot see the picture, and for a notebook that was executed without a browser;
* **Save**, as a picture (PNG), a table (CSV) or a page (HTML), into the notebook's own folder. Nothing is overwritten.

A choice that cannot be shown (a text of one token, say) is answered with a sentence above the last picture, not with a
traceback.

To write one: say in `make_controls` what can be chosen, in `take` what a choice means, and give `frame`, `text` and `rows`.
"""

from __future__ import annotations

import re
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from course_lib.errors import CourseError
from course_lib.widgets.keeping import FORMATS, free_path, write_csv, write_page

if TYPE_CHECKING:
    import ipywidgets

    from course_lib.figures.picture import Picture


class Explorer:
    """Base class: controls above what they show. A subclass says which, and draws."""

    kind: ClassVar[str] = "explorer"  # what saved files are called
    in_a_row: ClassVar[bool] = False  # whether the controls stand side by side

    def make_controls(self) -> dict[str, Any]:
        """The controls by name, each an ipywidget with a description."""
        raise NotImplementedError

    def take(self) -> None:
        """Make what the controls say what is shown; may raise CourseError, and then has changed nothing."""
        raise NotImplementedError

    def frame(self) -> str:
        """What is shown now, as HTML without scripts, all text of others escaped."""
        raise NotImplementedError

    def text(self) -> str:
        """What is shown now, in words."""
        raise NotImplementedError

    def rows(self) -> list[dict[str, Any]]:
        """What is shown now, as the rows of a table."""
        return [{"line": number, "text": line} for number, line in enumerate(self.text().splitlines(), 1)]

    def drawing(self) -> Picture:
        """What is shown now, as a figure that can be saved."""
        from course_lib.widgets.drawings import text_drawing

        return text_drawing(self.text())

    @cached_property
    def controls(self) -> dict[str, Any]:
        """The controls by name, connected to the picture."""
        controls = self.make_controls()
        for control in controls.values():
            control.observe(self._changed, names="value")
        return controls

    @cached_property
    def picture(self) -> ipywidgets.HTML:
        """The part of the widget that changes."""
        import ipywidgets

        return ipywidgets.HTML(self.frame())

    @cached_property
    def box(self) -> ipywidgets.VBox:
        """Controls, picture, and the row with which it is saved."""
        import ipywidgets

        controls = list(self.controls.values())
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        above = [ipywidgets.HBox(controls, layout=wrap)] if self.in_a_row else controls
        return ipywidgets.VBox([*above, self.picture, ipywidgets.HBox(list(self.keeping.values()), layout=wrap)])

    @cached_property
    def keeping(self) -> dict[str, Any]:
        """The menu, the button and the sentence of the row with which the picture is saved."""
        import ipywidgets

        keeping = {
            "format": ipywidgets.Dropdown(
                options=list(FORMATS),
                description="Save as",
                layout={"width": "170px"},
                style={"description_width": "60px"},
            ),
            "save": ipywidgets.Button(description="Save", tooltip="Save what is shown beside the notebook"),
            "said": ipywidgets.HTML(),
        }
        keeping["save"].on_click(self._save_clicked)
        return keeping

    def set(self, **values: Any) -> None:
        """Set several controls at once, as a hand would; the picture is drawn once for all of them."""
        self._busy = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._busy = False
        self._changed(None)

    def save(self, path: str | Path) -> Path:
        """Write what is shown now to a file: `.png`, `.csv` or `.html`; a file that exists is replaced.

        Raises:
            CourseError: another ending, or a file that cannot be written.
        """
        target = Path(path)
        try:
            if target.suffix == ".png":
                return self.drawing().save(target)
            if target.suffix == ".csv":
                return write_csv(target, self.rows())
            if target.suffix == ".html":
                return write_page(target, self.kind, self.frame(), self.text())
        except OSError as problem:
            raise CourseError(
                f"{target.name} cannot be written: {problem.strerror or problem}.", "Choose another folder."
            ) from problem
        raise CourseError(
            f"A file that ends in {target.suffix!r} is not known here.", f"Use one of {', '.join(FORMATS.values())}."
        )

    def _save_clicked(self, _button: Any) -> None:
        chosen = [re.sub(r"[^A-Za-z0-9]+", "-", str(one.value)).strip("-")[:24] for one in self.controls.values()]
        stem = "-".join([self.kind, *filter(None, chosen)])
        try:
            path = self.save(free_path(Path.cwd(), stem, FORMATS[self.keeping["format"].value]))
            self.keeping["said"].value = f'<span role="status">Saved as {escape(path.name)}.</span>'
        except CourseError as error:
            self.keeping["said"].value = f'<span role="alert">{escape(str(error))}</span>'

    _busy = False

    def _changed(self, _change: Any) -> None:
        if self._busy:
            return
        self._busy = True  # `take` may move other controls, to bring them into range
        self.keeping["said"].value = "computing …"
        try:
            self.take()
            self.picture.value = self.frame()
        except CourseError as error:
            self.picture.value = f'<p role="alert"><b>{escape(str(error))}</b></p>{self.frame()}'
        finally:
            self._busy = False
            self.keeping["said"].value = ""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        return bundle | {"text/html": self.picture.value, "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def own_text(text: str) -> Any:
    """A field for a text of the reader's own; a change counts when Enter is pressed or the field is left."""
    import ipywidgets

    return ipywidgets.Text(
        value=text,
        description="Text",
        placeholder="a text of your own, then Enter",
        continuous_update=False,
        layout={"width": "min(620px, 100%)"},
        style={"description_width": "60px"},
    )
