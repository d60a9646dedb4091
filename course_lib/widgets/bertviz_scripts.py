"""How does a bertviz view draw without a network?

bertviz returns HTML that asks RequireJS, from a content delivery network, to fetch d3 and jQuery from there too. In a
train, behind a school's proxy or on a cluster node that fails silently: the cell stays blank. And because RequireJS is
global to the page, a second view in one notebook can disturb the first.

The idea: keep every line of bertviz's drawing code, and put the two libraries it asks for in front of it, taken from
packages that pip has installed and pinned:

* d3 5.7.0, the very version that bertviz names, from `mpld3` (d3 and mpld3: BSD 3-clause). It has to be version 5: in
  version 6 the callbacks of `.on("mouseover", ...)` lost their index argument, which bertviz reads.
* jQuery 3.7.1 (slim: nothing that could open a connection) from `XStatic-jQuery` (MIT). bertviz names 2.0.0 and uses
  `.append`, `.val`, `.on` and `.empty`, which mean the same in both.

Four lines stand in for RequireJS. All of it goes into one page, which a notebook shows inside an `<iframe srcdoc>`:
ids, styles and scripts of two views cannot meet. The page forbids itself every connection with a content security
policy, so "works offline" is a promise that the browser keeps, not a hope.

Source: bertviz 1.4.1, `head_view.js` and `model_view.js` (Vig 2019, "A Multiscale Visualization of Attention in the
Transformer Model", ACL system demonstrations).
"""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from course_lib.errors import CourseError

#: Library -> (distribution that carries it, file inside).
SCRIPTS = {
    "jquery": ("XStatic-jQuery", "xstatic/pkg/jquery/data/jquery.slim.min.js"),
    "d3": ("mpld3", "mpld3/js/d3.v5.min.js"),
}

#: What bertviz calls in place of RequireJS: the libraries are already there, so it is called back at once.
REQUIRE_STAND_IN = """
var require = {config: function () {}};
function requirejs(names, draw) {
  draw.apply(null, names.map(function (name) { return {jquery: window.jQuery, d3: window.d3}[name]; }));
}
"""

#: Lets a drawing of fixed width shrink with the notebook's column, where it would be cut off.
SHRINK_TO_FIT = """
for (const drawing of document.querySelectorAll('#vis svg:not([width="100%"])')) {
  drawing.setAttribute('viewBox', `0 0 ${drawing.getAttribute('width')} ${drawing.getAttribute('height')}`);
  drawing.style.cssText = 'max-width: 100%; height: auto';
}
"""

NO_CONNECTIONS = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"

STYLE = """
:root { color-scheme: light; }
body { margin: 8px; background: #fff; color: #111; font: 14px/1.4 system-ui, "Helvetica Neue", Arial, sans-serif; }
.caption { margin: 0 0 6px; }
.head-numbers span { display: inline-block; width: 20px; text-align: center; font-size: 12px; }
.head-numbers { height: 18px; margin-top: 4px; }
select { font: inherit; }
"""


@lru_cache(maxsize=4)
def library_source(name: str) -> str:
    """The JavaScript of `"d3"` or `"jquery"`, read from the installed package that carries it.

    Raises:
        CourseError: when that package is missing or no longer carries the file.

    Example:
        >>> library_source("d3")[:25]
        '// https://d3js.org v5.7.'
    """
    package, inside = SCRIPTS[name]
    try:
        path = Path(str(distribution(package).locate_file(inside)))
    except PackageNotFoundError:
        raise CourseError(
            f"The package {package}, which carries {name} for the attention views, is not installed.",
            "Run `python -m course_lib lab` once more: it installs what is missing.",
        ) from None
    if not path.is_file():
        raise CourseError(
            f"The installed version of {package} has no file {inside}.",
            "Install the version that constraints.txt pins.",
        )
    return path.read_text(encoding="utf-8")


def split_bertviz(html: str) -> tuple[str, str]:
    """Take apart what bertviz returns: its HTML elements, and its script without the `<script>` tags.

    The line that loads RequireJS from the network is left behind.
    """
    opening, closing = '<script type="text/javascript">', "</script>"
    markup, found, rest = html.partition(opening)
    if not found or "requirejs(" not in rest:
        raise CourseError(
            "This version of bertviz returns a page that the course cannot read.",
            "Install the version that constraints.txt pins.",
        )
    return markup.rpartition(closing)[2], rest.rpartition(closing)[0]


def without_second_copy(script: str) -> str:
    """bertviz's script with its data written once, without spaces.

    bertviz puts the data in by replacing a marker, and a comment on the same line names the marker too, so that every
    view carries all its weights twice.

    Example:
        >>> without_second_copy('const params = {"a": [0.5, 1.0]}; // HACK: {"a": [0.5, 1.0]} is ...\\n draw();')
        'const params = {"a":[0.5,1.0]};\\n draw();'
    """
    before, marker, rest = script.partition("const params = ")
    params, end = json.JSONDecoder().raw_decode(rest)
    after = rest[end:].partition("\n")[2]
    return f"{before}{marker}{json.dumps(params, separators=(',', ':'))};\n{after}"


def inside_script(javascript: str) -> str:
    r"""Make JavaScript safe to stand between script tags, whatever its string literals hold.

    A token may well be the text `</script>`; unescaped, it would end the script and become part of the page.

    Example:
        >>> print(inside_script('tokens = ["</script>"]'))
        tokens = ["<\/script>"]
    """
    return javascript.replace("</", "<\\/").replace("<!--", "<\\!--")


def standalone_page(bertviz_html: str, *, title: str, caption: str, head_numbers: str = "") -> str:
    """One HTML page that draws a bertviz view with no network.

    Args:
        bertviz_html: what bertviz returned for `html_action="return"`.
        title: the page's title, read aloud by screen readers.
        caption: HTML above the view, what it shows and how to use it.
        head_numbers: HTML that goes between bertviz's layer menu and its drawing.
    """
    markup, script = split_bertviz(bertviz_html)
    markup = markup.replace("<div id='vis'>", f"{head_numbers}<div id='vis'>")
    scripts = f"<script>{inside_script(without_second_copy(script))}</script>\n<script>{SHRINK_TO_FIT}</script>"
    libraries = "".join(f"<script>{library_source(name)}</script>\n" for name in SCRIPTS)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{NO_CONNECTIONS}">\n'
        f"<style>{STYLE}</style>\n{libraries}<script>{REQUIRE_STAND_IN}</script></head>\n"
        f'<body><p class="caption">{caption}</p>\n{markup}\n{scripts}</body></html>\n'
    )
