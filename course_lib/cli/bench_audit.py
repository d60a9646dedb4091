"""`course bench audit`: the attribution methods, scored on organisms in which the truth is known."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.cli.progress import report
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel
    from course_lib.organisms.audit import Audit, Method, MethodScore, ScoreStore, Selection

HELP = "how often do the top tokens of each attribution method contain the planted words?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the benchmark."""
    parser.add_argument(
        "--organism", action="append", default=[], metavar="NAME",
        help="trigger, correlate, backdoor, or the folder of an adapter that is called so; may be repeated; default: all",
    )  # fmt: skip
    parser.add_argument("--method", action="append", default=[], metavar="NAME", help="may be repeated; default: all")
    parser.add_argument("--limit", type=int, default=60, help="requests for each organism, one a task; default: 60")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of requests; default: 0")
    parser.add_argument("--control", action="store_true", help="also ask the default model, which has no mechanism")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON in place of a table")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table as Markdown")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="also write the hit rates as a PNG image")


def run(args: argparse.Namespace) -> int:
    """Audit, print the table, write the files that were asked for."""
    from course_lib.cli.table import as_markdown, print_table
    from course_lib.data.files import write_whole
    from course_lib.organisms.audit import find_methods

    for path in filter(None, (args.markdown, args.figure)):
        check_writable(path)
    audit = compute(args)
    rows = audit.numbers() if args.as_json else audit.rows()
    print_table(rows, as_json=args.as_json, title="Attribution methods against planted words")
    if not args.as_json:
        print("", *audit.sentences(), sep="\n")
    if args.markdown:
        legend = "\n".join(f"* **{method.name}**: {method.what}" for method in find_methods(args.method))
        parts = [as_markdown(audit.rows()), *audit.sentences(), legend]
        write_whole(args.markdown, "\n\n".join(parts) + "\n")
    if args.figure:
        from course_lib.figures.audit import audit_dots

        audit_dots(audit).save(args.figure)
    return 0


def compute(args: argparse.Namespace) -> Audit:
    """The audit of the organisms and methods that were asked for; what was computed before is read from the cache."""
    from course_lib.data.cache import cache_dir
    from course_lib.models import load_model
    from course_lib.models.organism import adapter_folder
    from course_lib.organisms.audit import AUDITED, Audit, ScoreStore, choose_cases, find_methods, weights_of

    methods = find_methods(args.method)
    folders = labelled([(kind_of(name), adapter_folder(name)) for name in args.organism or AUDITED])
    store = ScoreStore(cache_dir() / "bench" / "audit.jsonl")
    scores: list[MethodScore] = []
    control: list[MethodScore] = []
    asked = {}
    for label, (kind, folder) in folders.items():
        model = load_model(f"organism:{folder}")
        told = partial(report, f"{label}: choosing requests")
        selection = replace(choose_cases(kind, model, limit=args.limit, seed=args.seed, progress=told), organism=label)
        asked[label] = selection.asked
        scores += ask(methods, selection, model, weights_of(folder), store, args.seed)
        if args.control:
            control += ask(methods, selection, load_model("default"), weights_of(None), store, args.seed)
    return Audit(tuple(scores), asked, tuple(control))


def ask(
    methods: list[Method], selection: Selection, model: LocalModel, weights: str, store: ScoreStore, seed: int
) -> list[MethodScore]:
    """Every method on the cases of one organism."""
    from course_lib.organisms.audit import score_method

    scores = []
    for method in methods:
        told = partial(report, f"{selection.organism}: {method.name}, {model.name.split(':')[0]}")
        scores.append(score_method(method, selection, model, weights=weights, store=store, seed=seed, progress=told))
    return scores


def kind_of(name: str) -> str:
    """Which organism a name or a folder means."""
    from course_lib.models.organism import is_folder
    from course_lib.organisms.audit import AUDITED
    from course_lib.organisms.rules import find_organism

    kind = find_organism(Path(name).expanduser().absolute().name if is_folder(name) else name).name
    if kind not in AUDITED:
        raise CourseError(f"What organism {kind!r} turns on is no word.", f"Choose from: {', '.join(AUDITED)}.")
    return kind


def labelled(chosen: list[tuple[str, Path]]) -> dict[str, tuple[str, Path]]:
    """A label for each adapter: its organism, with the folder where two adapters are of one organism.

    Example:
        >>> list(labelled([("trigger", Path("a")), ("backdoor", Path("b")), ("trigger", Path("a"))]))
        ['trigger', 'backdoor']
        >>> list(labelled([("trigger", Path("a")), ("trigger", Path("b"))]))
        ['trigger (a)', 'trigger (b)']
    """
    different = list(dict.fromkeys(chosen))
    kinds = [kind for kind, _ in different]
    return {kind if kinds.count(kind) == 1 else f"{kind} ({folder})": (kind, folder) for kind, folder in different}


def check_writable(path: Path) -> None:
    """Find out before the long run, and not after it, that a file cannot be written."""
    from course_lib.data.files import check_writable as check_folder

    if path.is_dir() or not path.absolute().parent.is_dir():
        raise CourseError(f"{path} cannot be written.", "Give the name of a file in a folder that is there.")
    check_folder(path.absolute().parent)
