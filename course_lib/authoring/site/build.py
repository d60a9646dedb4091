"""Put the site together: chapters, glossary, references, and Sphinx.

Sphinx reads a folder and writes a folder. The folder that it reads is made here from scratch each time, in a temporary place, so
that no page of an earlier build stays behind; what it writes goes to the place that was asked for when it is whole.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter, find_chapters
from course_lib.authoring.registry import course_registry
from course_lib.authoring.site.executed import executed_notebook
from course_lib.authoring.site.glossary import glossary_page
from course_lib.authoring.site.links import broken_links, outside_requests, pages_below
from course_lib.authoring.site.pages import page_of
from course_lib.authoring.site.references import references_page
from course_lib.authoring.start_page import card_of
from course_lib.data.cache import built_whole
from course_lib.errors import CourseError

TITLE = "AI Safety and Alignment, hands-on"
STYLE, SCRIPT = (Path(__file__).with_name(name) for name in ("site.css", "site.js"))
NEEDS = 500_000_000  # bytes that a whole site may take while it is built

SETTINGS: dict[str, Any] = {
    "project": TITLE,
    "html_title": TITLE,
    "author": "",
    "extensions": ["myst_nb"],
    "html_theme": "pydata_sphinx_theme",
    "html_theme_options": {
        "navbar_align": "left", "navbar_end": ["theme-switcher"], "show_prev_next": True, "secondary_sidebar_items": ["page-toc"],
        "search_bar_text": "Search the course", "footer_start": [], "footer_end": [],
    },
    "html_sidebars": {"index": []},
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "html_copy_source": False,
    "html_css_files": ["site.css"],
    "html_js_files": ["site.js"],
    "html_static_path": ["_static"],
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},
    "nb_merge_streams": True,
    "myst_heading_anchors": 3,
    "myst_enable_extensions": ["deflist", "attrs_inline"],
    "html_math_renderer": "mathjax",
    "mathjax_path": "no-formula-is-left-to-scripts.js",
    "exclude_patterns": ["_build"],
    "suppress_warnings": ["mystnb.unknown_mime_type", "myst.header", "mystnb.lexer", "misc.highlighting_failure"],
    "language": "en",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A finished site.

    Attributes:
        folder: where it lies; open `index.html` in it.
        pages: how many pages.
        broken: links inside it that lead nowhere.
        outside: what a page would fetch from another server.
        warnings: what Sphinx warned of.
    """

    folder: Path
    pages: int
    broken: tuple[str, ...]
    outside: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether every link leads somewhere and nothing comes from elsewhere."""
        return not (self.broken or self.outside)


def build_site(
    target: Path,
    wanted: Sequence[str] = (),
    *,
    run: bool = True,
    root: Path | None = None,
    say: Callable[[str], None] = print,
) -> Site:
    """Build the site.

    Args:
        target: the folder to write; what was in it before is replaced.
        wanted: numbers or names of chapters; all when empty.
        run: whether chapters that have changed are run (about a minute each).
        root: the course's folder; that of this package when None.
        say: is told what takes long.

    Raises:
        CourseError: Sphinx is not installed, a chapter fails, or the folder holds something that is no site.
    """
    check_target(target)
    chapters = find_chapters(root, wanted)
    notebooks = [(chapter, executed_notebook(chapter, run=run, say=say)) for chapter in chapters]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder).resolve() / "source"
        _write_source(source, notebooks)
        say(f"Writing {len(notebooks)} chapters …")
        with built_whole(target, needs=NEEDS) as built:
            warnings = _sphinx(source, built, Path(folder) / "doctrees")
    return Site(
        target,
        len(pages_below(target)),
        tuple(broken_links(target)),
        tuple(outside_requests(target)),
        warnings,
    )


def check_target(target: Path) -> None:
    """Raise a CourseError when the folder holds something else than a site: it would be deleted."""
    if target.exists() and not ((target / "index.html").is_file() and (target / "searchindex.js").is_file()):
        if target.is_dir() and not any(target.iterdir()):
            return
        raise CourseError(f"{target} exists and is no site of the course.", "Name another folder with --out.")


def _write_source(source: Path, notebooks: Sequence[tuple[Chapter, Any]]) -> None:
    import nbformat

    registry = course_registry()
    (source / "_static").mkdir(parents=True)
    for file in (STYLE, SCRIPT):
        shutil.copy(file, source / "_static")
    (source / "conf.py").write_text("", encoding="utf-8")
    rows, names = [], []
    for chapter, notebook in notebooks:
        for picture in sorted(chapter.source_folder.glob("*.png")):
            (source / chapter.folder).mkdir(exist_ok=True)
            shutil.copyfile(picture, source / chapter.folder / picture.name)
        (source / chapter.folder).mkdir(exist_ok=True)
        name = f"{chapter.folder}/{chapter.name}"
        nbformat.write(page_of(notebook, registry), source / f"{name}.ipynb")
        title, facts = card_of(chapter.release)
        rows.append(f"| [{chapter.number}. {title}]({name}.ipynb) | {facts.get('key insight', '')} |")
        names.append(name)
    (source / "glossary.md").write_text(
        glossary_page({c.number: f"{c.folder}/{c.name}.ipynb" for c, _ in notebooks}), "utf-8"
    )
    listed = [(c.number, f"{c.folder}/{c.name}.ipynb", notebook) for c, notebook in notebooks]
    (source / "references.md").write_text(references_page(listed), "utf-8")
    (source / "chapters.md").write_text(_chapters(rows, names), "utf-8")
    (source / "index.md").write_text(INDEX, "utf-8")


INDEX = f"""# {TITLE}

A course for people who run language models on their own machines and want to look inside them. Every figure and every number on
these pages was made by the notebooks themselves, on a real model (SmolLM2-135M-Instruct), without a graphics card. Here
you can read them; to work through them, with exercises that say *which* mistake an answer makes, get the course and run
`python3 -m course_lib lab`.

Reference answers, hints and the explanations of the questions are folded: think first, then open them.

[To the chapters](chapters.md)

```{{toctree}}
:hidden:
:maxdepth: 1

chapters
glossary
references
```
"""


def _chapters(rows: Sequence[str], names: Sequence[str]) -> str:
    return f"""# Chapters

| chapter | key insight |
|---|---|
{chr(10).join(rows)}

```{{toctree}}
:hidden:
:maxdepth: 1

{chr(10).join(names)}
```
"""


def _sphinx(source: Path, target: Path, doctrees: Path) -> tuple[str, ...]:
    try:
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ModuleNotFoundError as error:
        raise CourseError(
            "The site is made by Sphinx, which is not installed.",
            "Install it: `python -m pip install -e '.[site]' -c constraints.txt`.",
        ) from error
    said, warned = io.StringIO(), io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        application = Sphinx(
            srcdir=str(source), confdir=str(source), outdir=str(target), doctreedir=str(doctrees), buildername="html",
            confoverrides=dict(SETTINGS), status=said, warning=warned,
        )  # fmt: skip
        application.build()
    if application.statuscode:
        raise CourseError(f"Sphinx stopped: {warned.getvalue().strip()[-300:]}", "Mend that page.")
    return tuple(line.replace(f"{source}/", "") for line in warned.getvalue().splitlines() if line.strip())
