"""`course assets`: what the course downloads, how big, under which licence, from whom, and whether it is here."""

from __future__ import annotations

import argparse
import sys

from course_lib.data.assets import Asset, fetch, read_manifest
from course_lib.errors import CourseError

HELP = "list the models and data sets that the course downloads, or fetch one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `course assets [fetch NAME] [--json]`."""
    parser.add_argument("action", nargs="?", choices=["list", "fetch"], default="list", help="default: list")
    parser.add_argument("name", nargs="?", help="which asset to fetch")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """List the assets, after fetching the one that was named."""
    from course_lib.cli.table import print_table

    assets = list(read_manifest().values())
    if args.action == "fetch":
        if args.name is None:
            names = ", ".join(asset.name for asset in assets)
            raise CourseError("`course assets fetch` needs a name.", f"The assets are: {names}.")
        fetch(args.name, show_progress if sys.stderr.isatty() else None)
        assets = [asset for asset in assets if asset.name == args.name]
    print_table([row(asset) for asset in assets], as_json=args.as_json, title="Assets")
    return 0


def row(asset: Asset) -> dict[str, object]:
    """One line of the table; sizes in megabytes of a million bytes."""
    return {
        "name": asset.name,
        "here": "yes" if asset.is_cached else "no",
        "download MB": round(asset.bytes / 1e6, 1),
        "on disk MB": round(asset.unpacked_bytes / 1e6, 1),
        "licence": asset.licence,
        "what": asset.what,
        "origin": asset.origin,
        "package": f"{asset.distribution}=={asset.version}",
        "folder": str(asset.folder),
    }


def show_progress(what: str, done: int, total: int) -> None:
    """One line on stderr that is written over again."""
    share = f"{100 * done // total:3d} %" if total else "  ? %"
    print(f"\r{share}  {what}", end="\n" if done == total else "", file=sys.stderr, flush=True)
