"""`course constitution`: make anew what chapter 15 ships: beginnings of answers, adapters, and everything that was measured."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

HELP = "chapter 15: train its adapters with TRL, and make its stored results anew"
ACTIONS = ("openings", "train", "measure", "judge", "revise")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add = parser.add_argument
    add("action", choices=ACTIONS, help="train: the adapters; the others: a stored result")
    add("name", nargs="*", help="train: principles, shuffled; measure: these and default; all where none is given")
    add("--out", type=Path, help="a folder; the course's cache by default")
    add("--steps", type=int, help="train: another number of steps, for a trial")
    add("--rate", type=float, help="train: another highest learning rate, for a trial")
    add("--beta", type=float, help="train: another price of divergence, for a trial")
    add(
        "--dtype",
        default="float32",
        help="train: of the frozen weights; float32 by default, bfloat16 is faster on some",
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    from course_lib.data.cache import cache_dir
    from course_lib.data.files import check_writable

    folder = Path(args.out or cache_dir() / "constitution").expanduser().absolute()
    check_writable(folder)
    return {"openings": openings, "train": train, "measure": measure, "judge": judge, "revise": revise}[args.action](
        args, folder
    )


def openings(args: argparse.Namespace, folder: Path) -> int:
    """How the default model begins its answers."""
    from course_lib.cli.progress import StepsLeft
    from course_lib.constitution.dataset import OPENINGS, draw_openings
    from course_lib.models import load_model

    rows = draw_openings(load_model("default"), StepsLeft("openings"))
    return _written(folder / OPENINGS.name, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))


def train(args: argparse.Namespace, folder: Path) -> int:
    """Train each adapter, going on where an earlier run was stopped."""
    from dataclasses import replace

    from course_lib.cli.progress import StepsLeft
    from course_lib.constitution.dataset import NAMES
    from course_lib.constitution.training import Settings, train_constitution
    from course_lib.models import load_model

    others = {"steps": args.steps, "rate": args.rate, "beta": args.beta}
    settings = replace(Settings(), **{name: value for name, value in others.items() if value is not None})
    model = load_model("default", dtype=args.dtype)
    for name in args.name or NAMES:
        train_constitution(name, folder / name, model, settings, progress=StepsLeft(name))
        print(f"\n{name}: in {folder / name}; load_adapted(model, {str(folder / name)!r}) loads it.")
    return 0


def measure(args: argparse.Namespace, folder: Path) -> int:
    """Before and after: each deployment on what training did not have."""
    from course_lib.constitution.adapters import load_adapted
    from course_lib.constitution.dataset import NAMES
    from course_lib.constitution.measure import STORED, behaviour, packed
    from course_lib.models import load_model

    base, file = load_model("default"), folder / STORED.name
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name in args.name or ("default", *NAMES):
        model = base if name == "default" else load_adapted(base, name)

        def told(what: str, done: int, total: int, name: str = name) -> None:
            print(f"\r{name}: {what} {done} of {total}   ", end="", flush=True)

        known[name] = packed(behaviour(model, told))
        _written(file, json.dumps(known, indent=1))
    return cards(folder)


def cards(folder: Path) -> int:
    """The model cards, from a file of measurements and the shipped adapters' records."""
    from course_lib.constitution.adapters import folder_of
    from course_lib.constitution.card import card
    from course_lib.constitution.dataset import NAMES
    from course_lib.constitution.measure import STORED, read_behaviour

    file = folder / STORED.name
    measured = json.loads(file.read_text(encoding="utf-8"))
    if "default" in measured:
        for name in [name for name in NAMES if name in measured]:
            before, after = read_behaviour("default", file), read_behaviour(name, file)
            _written(folder / "adapters" / name / "README.md", card(name, before, after, folder_of(name)).strip())
    return 0


def judge(args: argparse.Namespace, folder: Path) -> int:
    """The default model as judge, in both orders."""
    from course_lib.cli.progress import StepsLeft
    from course_lib.constitution.judge import STORED, comparisons
    from course_lib.constitution.judge import judge as ask
    from course_lib.models import load_model

    first, second = ask(load_model("default"), comparisons(), StepsLeft("judge"))
    found = {"first as A": [round(x, 3) for x in first.tolist()], "second as A": [round(x, 3) for x in second.tolist()]}
    return _written(folder / STORED.name, json.dumps(found))


def revise(args: argparse.Namespace, folder: Path) -> int:
    """Critique and revision by the default model; verdicts only."""
    from course_lib.cli.progress import StepsLeft
    from course_lib.constitution.revise import STORED, asked_to_revise, critique_and_revise
    from course_lib.models import load_model

    asked = asked_to_revise()
    found = critique_and_revise(load_model("default"), asked, StepsLeft("revise"))
    rows = {
        request.id: "".join("1" if said else "0" for said in row.verdicts())
        for request, row in zip(asked, found, strict=True)
    }
    return _written(folder / STORED.name, json.dumps(rows, indent=0))


def _written(file: Path, text: str) -> int:
    from course_lib.data.files import write_whole

    write_whole(file, text + "\n")
    print(f"\nin {file}")
    return 0
