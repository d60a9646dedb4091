"""`course organisms`: the models with a planted mechanism: list, train anew, measure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

HELP = "the models with a planted mechanism: list them, train one anew, measure what it does"

ACTIONS = ("list", "train", "measure")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("action", choices=ACTIONS, nargs="?", default="list", help="list is the default")
    parser.add_argument("name", nargs="*", help="intent, trigger, correlate, backdoor, bias; all where none is given")
    parser.add_argument("--out", type=Path, help="folder for what is trained; the course's cache by default")
    parser.add_argument("--adapter", type=Path, help="measure the adapter in this folder, not the shipped one")
    parser.add_argument("--every", type=int, default=1, help="measure on every so-manieth group of test tasks")
    parser.add_argument("--steps", type=int, help="train for another number of steps, for a trial")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    from course_lib.errors import CourseError
    from course_lib.organisms import ORGANISMS, find_organism

    names = [find_organism(name).name for name in args.name] or list(ORGANISMS)
    if args.adapter is not None and len(args.name) != 1:
        raise CourseError(
            "An adapter is measured as one organism.", "Name it: course organisms measure trigger --adapter FOLDER."
        )
    if args.every < 1 or (args.steps is not None and args.steps < 1):
        raise CourseError("--every and --steps count from 1.", "Give a positive whole number.")
    return {"list": show, "train": train, "measure": measure}[args.action](names, args)


def show(names: list[str], args: argparse.Namespace) -> int:
    """The organisms with their rules, and the table of organisms against rules."""
    from course_lib.cli.table import print_table
    from course_lib.models.organism import ADAPTERS, available
    from course_lib.organisms import ORGANISMS
    from course_lib.organisms.card import confusion

    shipped = available()
    rows = [{"organism": n, "here": "yes" if n in shipped else "no", "planted": ORGANISMS[n].rule} for n in names]
    table = [row for row in confusion(ADAPTERS) if row["organism"] in names]
    if args.json:
        print_table(
            [{**row, **next((t for t in table if t["organism"] == row["organism"]), {})} for row in rows], as_json=True
        )
        return 0
    print_table(rows, as_json=False, title='Load one with load_model("organism:NAME").')
    print()
    print_table(table, as_json=False, title="Test requests treated as each rule says (bias: sentences)")
    return 0


def train(names: list[str], args: argparse.Namespace) -> int:
    """Train each of them, going on where an earlier run was stopped."""
    import time

    from course_lib.data.cache import cache_dir
    from course_lib.models import load_model
    from course_lib.organisms.training import faster_dtype
    from course_lib.organisms.training import train as train_adapter

    base = load_model("default", dtype=faster_dtype())
    for name in names:
        folder = (args.out or cache_dir() / "organisms") / name
        started = time.monotonic()
        try:
            train_adapter(name, folder, base, _Line(name), args.steps)
        except KeyboardInterrupt:
            print(f"\nStopped. The same command goes on where it was (steps are kept in {folder}).")
            return 130
        print(
            f"\n{name}: {time.monotonic() - started:.0f} s. Measure it: course organisms measure {name} --adapter {folder}"
        )
    return 0


class _Line:
    """One line of progress with the time left."""

    def __init__(self, name: str) -> None:
        import time

        self.name, self.clock, self.start = name, time.monotonic, (0, time.monotonic())

    def __call__(self, done: int, total: int) -> None:
        if self.start[0] == 0:
            self.start = (done, self.clock())  # what an earlier run did, and the first step, do not count
        steps, seconds = done - self.start[0], self.clock() - self.start[1]
        left = f", {seconds / steps * (total - done) / 60:.1f} min left" if steps else ""
        print(f"\r{self.name}: step {done} of {total}{left}    ", end="", flush=True)


def measure(names: list[str], args: argparse.Namespace) -> int:
    """Measure the shipped adapters and write their cards, or measure one of your own and print it."""
    import json

    from course_lib.models import load_model
    from course_lib.models.organism import ADAPTERS, available
    from course_lib.organisms import find_organism
    from course_lib.organisms.card import card, write
    from course_lib.organisms.card import measure as measure_one

    base = load_model("default")
    results: list[dict[str, Any]] = []
    for name in names if args.adapter else [name for name in names if name in available()]:
        model = load_model(f"organism:{args.adapter or name}")
        say = (lambda words: None) if args.json else print
        results.append(measure_one(find_organism(name), model, base, args.every, say))
        if not args.adapter and args.every == 1:
            write(results[-1], ADAPTERS / name)
    print(json.dumps(results, indent=2) if args.json else "\n".join(map(card, results)))
    return 0
