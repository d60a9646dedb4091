"""`course site`: the course as pages to read, without installing anything."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "build the course as static pages: executed chapters, search, glossary, references"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("chapter", nargs="*", help="number or folder name; all chapters when left out")
    parser.add_argument("--out", type=Path, default=Path("site"), help="the folder to write (default: site)")
    parser.add_argument("--no-run", action="store_true", help="stop where a chapter would have to be run")


def run(args: argparse.Namespace) -> int:
    """Build the site, and say where it is; 1 when a link leads nowhere or a page would fetch something from elsewhere."""
    from course_lib.authoring.site import build_site

    found = build_site(args.out.resolve(), args.chapter, run=not args.no_run)
    for line in (*found.warnings, *(f"leads nowhere: {item}" for item in found.broken)):
        print(line)
    for item in found.outside:
        print(f"comes from another server: {item}")
    print(
        f"{found.pages} pages in {found.folder}. Open {found.folder / 'index.html'}, or put the folder on any web server."
    )
    return 0 if found.good else 1
