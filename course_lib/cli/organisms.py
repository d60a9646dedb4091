"""`course organisms`: the models with a planted mechanism: list, train anew, measure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError

HELP = "the models with a planted mechanism: list them, train one anew, measure what it does"

ACTIONS = ("list", "train", "measure")
BELONGS_TO = {
    "out": "train", "steps": "train", "dtype": "train", "again": "train",
    "adapter": "measure", "every": "measure", "write": "measure", "json": "list measure",
}  # fmt: skip
"""For each option the actions that know it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add = parser.add_argument
    add("action", choices=ACTIONS, nargs="?", default="list", help="list is the default")
    add("name", nargs="*", help="intent, trigger, correlate, backdoor, bias; all where none is given")
    add("--out", type=Path, help="train: folder for what is trained; the course's cache by default")
    add("--steps", type=int, help="train: another number of steps, for a trial")
    add("--dtype", choices=("auto", "float32", "bfloat16"), help="train: type of the frozen weights; auto: the faster")
    add("--again", action="store_true", help="train: also what was trained to its end before")
    add("--adapter", type=Path, help="measure: the adapter in this folder, beside the shipped one")
    add("--every", type=int, help="measure: only every so-manieth group of test tasks")
    add("--write", action="store_true", help="measure: write measurements and card into the adapter's folder")
    add("--json", action="store_true", help="list, measure: print JSON in place of a table")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    from course_lib.organisms import ORGANISMS, find_organism

    for option, actions in BELONGS_TO.items():
        if getattr(args, option) not in (None, False) and args.action not in actions.split():
            raise CourseError(
                f"--{option} does not belong to `course organisms {args.action}`.",
                f"It belongs to: {', '.join(actions.split())}.",
            )
    names = list(dict.fromkeys(find_organism(name).name for name in args.name)) or list(ORGANISMS)
    if args.adapter is not None and len(args.name) != 1:
        raise CourseError(
            "An adapter is measured as one organism.", "Name it: course organisms measure trigger --adapter FOLDER."
        )
    if any(number is not None and number < 1 for number in (args.every, args.steps)):
        raise CourseError("--every and --steps count from 1.", "Give a positive whole number.")
    if args.write and (args.every or 1) > 1:
        raise CourseError("A measurement in part makes no card.", "Leave out --every or --write.")
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
    """Train each of them, going on where an earlier run was stopped; what is finished is left as it is."""
    from course_lib.cli.progress import StepsLeft
    from course_lib.data.cache import cache_dir
    from course_lib.data.files import check_writable
    from course_lib.models import load_model
    from course_lib.organisms.training import faster_dtype, kept_dtype, read_checkpoint, read_record
    from course_lib.organisms.training import train as train_adapter

    folders = {name: Path(args.out or cache_dir() / "organisms").expanduser().absolute() / name for name in names}
    for folder in folders.values():
        check_writable(folder)
    raced = ""
    for name, folder in folders.items():
        chosen = args.dtype if args.dtype in ("float32", "bfloat16") else kept_dtype(folder)
        if chosen is None:
            chosen = raced = raced or faster_dtype()
        steps = StepsLeft(name)
        try:
            train_adapter(name, folder, load_model("default", dtype=chosen), steps, args.steps, args.again)
        except KeyboardInterrupt:
            saved = read_checkpoint(folder)
            kept = f"step {saved['step']} is kept in {folder}" if saved else "no step is kept yet"
            print(f"\nStopped; {kept}. The same command goes on from there.")
            return 130
        seconds = (read_record(folder) or {}).get("seconds", 0)
        done = f"\n{name}: {seconds:.0f} s" if steps.begun else f"{name}: finished before (--again trains it anew)"
        print(f"{done}. Measure it: course organisms measure {name} --adapter {folder}")
    return 0


def measure(names: list[str], args: argparse.Namespace) -> int:
    """Measure the shipped adapters, or one of your own beside the shipped one; write the cards where that is asked for."""
    import json

    from course_lib.cli.progress import report
    from course_lib.data.files import check_writable
    from course_lib.models import load_model
    from course_lib.models.organism import adapter_folder, available
    from course_lib.organisms import find_organism
    from course_lib.organisms.card import card, write
    from course_lib.organisms.compare import compare
    from course_lib.organisms.measurements import measure as measure_one
    from course_lib.organisms.measurements import read_measured

    folders = {name: adapter_folder(args.adapter or name) for name in (names if args.name else available())}
    shipped = read_measured(adapter_folder(names[0])) if args.adapter and names[0] in available() else None
    for folder in folders.values() if args.write else ():
        check_writable(folder)
    base = load_model("default")
    results: list[dict[str, Any]] = []
    for name, folder in folders.items():
        model = load_model(f"organism:{folder}")
        results.append(measure_one(find_organism(name), model, base, folder, args.every or 1, report))
        if args.write:
            write(results[-1], folder)
    beside = compare(results[0], shipped) if shipped else None
    if args.json:
        more = {"beside_the_shipped": beside.numbers()} if beside else {}
        print(json.dumps([{**found, **more} for found in results], indent=2))
    else:
        print("\n".join([*map(card, results), *([beside.text()] if beside else [])]))
    return 0
