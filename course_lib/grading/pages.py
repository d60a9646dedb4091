"""The pages on which a learner's work is shown: nbgrader's feedback and formgrader, named in `nbgrader_config.py`."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, DictLoader
from nbconvert.preprocessors.sanitize import SanitizeHTML

NO_FORMULAS = "{% macro mathjax(url='') %}{% endmacro %}"
AT_ONCE = (  # formgrader's page of a submission waits for the formulas before it selects the first field
    "{% macro mathjax(url='') %}<script>window.MathJax = {Hub: {Startup: {signal: "
    "{Interest: function (tell) { tell('End'); }}}}};</script>{% endmacro %}"
)


class CarefulPage(SanitizeHTML):
    """Cleans outputs, leaves Markdown to the filter that cleans it when it is HTML, and asks no other machine for scripts.

    Cleaning the source of Markdown as well would show `->` in a code block as `-&gt;`. nbgrader's templates load
    the formulas' script from an address that stands in the template, so another macro stands before it: empty in feedback, and
    in formgrader the answer that there is nothing to wait for. Formulas are shown as they were written.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Clean a notebook, before its page is made by the exporter that this belongs to."""
        exporter: Any = self.parent
        environment = exporter.environment
        if not getattr(environment, "asks_nobody", False):
            macro = AT_ONCE if exporter.template_name == "formgrade" else NO_FORMULAS
            environment.loader = ChoiceLoader([DictLoader({"mathjax.html.j2": macro}), environment.loader])
            environment.asks_nobody = True
        found: tuple[Any, Any] = super().preprocess(nb, resources)
        return found

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Clean one cell."""
        if cell.cell_type == "markdown":
            return cell, resources
        found: tuple[Any, Any] = super().preprocess_cell(cell, resources, cell_index)
        return found
