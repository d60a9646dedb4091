"""Scripts for whoever reads the feedback: in outputs, Markdown, messages, names, attachments.

The script sets the page's title and does nothing else. It counts as let through when it stands in the feedback page as
a tag or an attribute, and not as text.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.hostile.kit import Kit, case, own_cell

SCRIPT = "<script>document.title='script-@CASE@'</script>"
IMAGE = '<img src="x" onerror="document.title=\'script-@CASE@\'">'


def with_outputs(kit: Kit, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Wrong answers, and a cell that comes with stored outputs."""
    notebook = kit.wrong()
    notebook["cells"].insert(1, own_cell("1 + 1", outputs=outputs))
    return notebook


def shown(kit: Kit, **data: Any) -> dict[str, Any]:
    """One stored output with data of some kinds."""
    kinds = {kind.replace("__", "/").replace("_", "+"): kit.text(value) for kind, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


@case("scripts", probes=("script",))
def script_displayed(kit: Kit) -> Any:
    """Displays HTML and JavaScript when it runs."""
    return kit.attack(
        f'\nfrom IPython.display import HTML, Javascript, display\ndisplay(HTML("""{SCRIPT}{IMAGE}"""))\n'
    )


@case("scripts", probes=("script",))
def script_in_stored_output(kit: Kit) -> Any:
    """Comes with stored HTML, JavaScript, SVG and LaTeX outputs."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'script-@CASE@\'">{SCRIPT}</svg>'
    outputs = [
        shown(kit, text__html=SCRIPT + IMAGE),
        shown(kit, application__javascript="document.title='script-@CASE@'"),
        shown(kit, image__svg_xml=svg, text__plain="a picture"),
        shown(kit, text__latex=f"$x$ {SCRIPT}", text__markdown=SCRIPT),
    ]
    return with_outputs(kit, outputs)


@case("scripts", probes=("script",))
def script_in_markdown(kit: Kit) -> Any:
    """Writes scripts, event handlers, frames and javascript: links into a Markdown cell."""
    notebook = kit.wrong()
    text = f"My notes\n\n{SCRIPT}\n\n{IMAGE}\n\n[a link](javascript:document.title='script-@CASE@')\n\n<iframe srcdoc=\"{SCRIPT}\"></iframe>"
    notebook["cells"].insert(1, own_cell(kit.text(text), "markdown"))
    return notebook


@case("scripts", probes=("script",))
def script_in_raw_cell(kit: Kit) -> Any:
    """Writes a script into a raw cell that says it is HTML."""
    notebook = kit.wrong()
    notebook["cells"].insert(
        1, own_cell(kit.text(SCRIPT), "raw", metadata={"format": "text/html", "raw_mimetype": "text/html"})
    )
    return notebook


@case("scripts", probes=("script",), status=("error",))
def script_in_an_exception(kit: Kit) -> Any:
    """Raises an exception whose type and text are HTML, with terminal codes in it."""
    return kit.attack(
        f'''
Odd = type("""{SCRIPT}""", (Exception,), {{}})
def weighted_mean(values, weights):
    raise Odd("""\\x1b]0;title\\x07\\x1b[31m{SCRIPT}{IMAGE}""")
'''
    )


@case("scripts", probes=("script",))
def script_as_a_type_name(kit: Kit) -> Any:
    """Returns an object whose type has a script as its name, of a million letters."""
    return kit.attack(
        f'''
Odd = type("""{SCRIPT}""" * 20_000, (), {{}})
def weighted_mean(values, weights):
    return Odd()
def other(values):
    return """{SCRIPT}"""
'''
    )


@case("scripts", probes=("script",))
def script_in_an_attachment(kit: Kit) -> Any:
    """Attaches an SVG with a script to a Markdown cell, under a name that breaks out of its attribute."""
    notebook = kit.wrong()
    svg = base64.b64encode(kit.text(f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>').encode()).decode()
    name = kit.text("a.svg\"><script>document.title='script-@CASE@'</script>")
    cell = own_cell(f"![look](attachment:{name})", "markdown", attachments={name: {"image/svg+xml": svg}})
    notebook["cells"].insert(1, cell)
    return notebook


@case("scripts", probes=("script",))
def script_in_metadata(kit: Kit) -> Any:
    """Puts scripts into cell ids, tags, the notebook's title, its language and its widget state."""
    notebook = kit.wrong()
    script = kit.text(SCRIPT)
    notebook["metadata"] |= {
        "title": script,
        "language_info": {"name": f'python"{script}', "pygments_lexer": script},
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {"state": {"a": {"model_name": f"</script>{script}"}}}
        },
    }
    notebook["cells"][0]["metadata"]["tags"] = [f'x">{script}']
    notebook["cells"][1]["id"] = "own"
    return notebook


@case("scripts", probes=("script",), status=("wrong",))
def picture_that_is_a_page(kit: Kit) -> Any:
    """Comes with a stored "PNG" that is a page of HTML, and one whose text breaks out of its attribute."""
    page = base64.b64encode(kit.text(SCRIPT).encode()).decode()
    broken = kit.text('x" onerror="document.title=\'script-@CASE@\'" y="')
    return with_outputs(
        kit, [shown(kit, image__png=page), shown(kit, image__png=broken), shown(kit, image__jpeg=broken)]
    )
