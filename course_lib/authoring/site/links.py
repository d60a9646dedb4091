"""Does every link inside the site lead somewhere?

A reader who follows a link into nothing stops trusting the page. So the finished HTML is read again: the file of each link has
to be there, and the heading too where the link names one. Nor may a page fetch anything from another server by itself: a reader
of these pages is nobody's business, and they have to work without a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """Collects the targets and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember where a link or a picture points, and what can be pointed at."""
        for name, value in attrs:
            if name in ("href", "src") and value and tag not in ("base",):
                self.targets.append(value)
            if name in ("id", "name") and value:
                self.ids.add(value)


def pages_below(folder: Path) -> list[Path]:
    """The pages; what the theme keeps in `_static` are templates."""
    return [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.relative_to(folder).parts]


def broken_links(folder: Path) -> list[str]:
    """Every link of the pages below `folder` that leads nowhere, as "page: target"."""
    pages = {path: _read(path) for path in pages_below(folder)}
    return [
        f"{path.relative_to(folder)}: {target}" for path, page in pages.items() for target in _broken(path, page, pages)
    ]


def outside_requests(folder: Path) -> list[str]:
    """Scripts, styles and pictures that a page would fetch from another server."""
    found = []
    for path in pages_below(folder):
        loaded = _Loaded()
        loaded.feed(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(folder)}: {target}" for target in loaded.found]
    return found


class _Loaded(HTMLParser):
    """Collects what a browser fetches by itself from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what is loaded with the page; links that a reader follows are not."""
        wanted = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}.get(tag)
        value = dict(attrs).get(wanted or "")
        loads = tag != "link" or dict(attrs).get("rel") in ("stylesheet", "preload", "icon", "shortcut icon")
        if value and loads and urlsplit(value).scheme in ("http", "https"):
            self.found.append(value)


def _broken(path: Path, page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    for target in dict.fromkeys(page.targets):
        address = urlsplit(target)
        if address.scheme or address.netloc or target.startswith(("#top", "javascript:")):
            continue
        file = (path.parent / unquote(address.path)).resolve() if address.path else path.resolve()
        held = pages.get(file)
        if not file.exists() or (address.fragment and held is not None and unquote(address.fragment) not in held.ids):
            yield target


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page
