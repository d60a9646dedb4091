"""`course alignment`: draw the answers of chapter 2 anew, and train its adapters anew."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "chapter 2: draw its pool of answers anew, train its adapters on preferences anew"

POOLS = (("default", "train", 24), ("default", "test", 64), ("wanted", "test", 8), ("shuffled", "test", 8))
"""Model, half and number of answers of each shipped pool."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add = parser.add_argument
    add("action", choices=("answers", "train"), help="answers: draw; train: train the adapters")
    add("name", nargs="*", help="train: wanted, shuffled; both where none is given")
    add("--out", type=Path, help="answers: a file; train: a folder; the course's cache by default")
    add("--again", action="store_true", help="also what is kept from before")
    add("--steps", type=int, help="train: another number of steps, for a trial")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    return {"answers": answers, "train": train}[args.action](args)


def answers(args: argparse.Namespace) -> int:
    """Draw every shipped pool, or read what an earlier call drew, and write them into one file."""
    from course_lib.alignment import answer_pool, load_tuned
    from course_lib.alignment.pool import identity, key_of
    from course_lib.alignment.requests import Split
    from course_lib.cli.progress import StepsLeft
    from course_lib.data.cache import cache_dir
    from course_lib.data.files import write_whole
    from course_lib.models import load_model

    base, lines = load_model("default"), []
    for name, split, count in POOLS:
        model = base if name == "default" else load_tuned(base, name)
        half: Split = "train" if split == "train" else "test"
        pool = answer_pool(model, half, count, progress=StepsLeft(f"{name}, {half}"), again=args.again)
        print()
        for request, said, ended in zip(pool.requests, pool.answers, pool.ended, strict=True):
            key = key_of(identity(model), request, count)
            row = {"key": key, "model": model.name, "things": request.things, "answers": said, "ended": ended}
            lines.append(json.dumps(row, ensure_ascii=False))
    file = Path(args.out or cache_dir() / "answers" / "answers.jsonl")
    write_whole(file, "\n".join(lines) + "\n")
    print(f"{len(lines)} requests with their answers are in {file}")
    return 0


def train(args: argparse.Namespace) -> int:
    """Train each adapter, going on where an earlier run was stopped."""
    from course_lib.alignment.training import PLANS, train_preferences
    from course_lib.cli.progress import StepsLeft
    from course_lib.data.cache import cache_dir
    from course_lib.data.files import check_writable
    from course_lib.models import load_model

    for name in args.name or PLANS:
        folder = Path(args.out or cache_dir() / "alignment").expanduser().absolute() / name
        check_writable(folder)
        train_preferences(name, folder, load_model("default"), StepsLeft(name), args.steps, args.again)
        print(f"\n{name}: in {folder}; load_tuned(model, {str(folder)!r}) loads it.")
    return 0
