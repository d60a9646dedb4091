"""`course bench attribution`: times, memory and agreement of the course's methods, Captum and plain loops, side by side."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.benchmarks import Benchmark
    from course_lib.models import LocalModel

HELP = "how fast are the methods beside Captum and plain loops, and do the numbers agree?"
TOKENS = (32, 128, 512)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the benchmark."""
    parser.add_argument(
        "--tokens", type=int, action="append", default=[], metavar="N",
        help="length of the prompt; may be repeated; default: 32, 128 and 512",
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="of each way, in turns; the median counts; default: 3")
    parser.add_argument("--threads", type=int, help="of the CPU; default: PyTorch's own choice")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a comparison; may be repeated; default: all"
    )
    parser.add_argument("--model", default="default", help='as for load_model, or "random-llama-8b"; default: default')
    parser.add_argument("--device", help="cpu, cuda or mps; default: cpu")
    parser.add_argument("--dtype", help="float32, bfloat16 or float16; default: float32")
    parser.add_argument("--steps", type=int, default=32, help="of integrated gradients; default: 32")
    parser.add_argument(
        "--most-forwards", type=int, default=128, metavar="N",
        help="a loop of more forward passes is timed on N of them and scaled up; default: 128",
    )  # fmt: skip
    parser.add_argument("--sentences", type=int, default=500, help="whose hidden states are read; default: 500")
    parser.add_argument("--prompts", type=int, default=100, help="whose completeness is checked; default: 100")
    parser.add_argument("--no-memory", action="store_true", help="do not measure peak memory")
    parser.add_argument("--fresh", action="store_true", help="measure everything anew, what is stored included")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON in place of tables")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables as Markdown")


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables, write the file that was asked for."""
    from course_lib.cli.bench_audit import check_writable
    from course_lib.cli.table import as_markdown, print_table

    if args.markdown:
        check_writable(args.markdown)
    found = compute(args)
    if args.as_json:
        print(json.dumps(found.numbers(), indent=2, ensure_ascii=False))
    else:
        if found.timings:
            print_table(found.rows(), as_json=False, title="The course's methods beside others")
        if found.goal_rows():
            print()
            print_table(found.goal_rows(), as_json=False, title="Goals")
        print("", *found.sentences(), sep="\n")
    if args.markdown:
        tables = [as_markdown(rows) for rows in (found.rows(), found.goal_rows()) if rows]
        sentences = "\n".join(f"* {sentence}" for sentence in found.sentences())
        args.markdown.write_text("\n\n".join([*tables, sentences]) + "\n", encoding="utf-8")
    return 0


def compute(args: argparse.Namespace) -> Benchmark:
    """Everything that was asked for; what was measured before, under the same circumstances, is read from the cache."""
    import torch

    from course_lib.benchmarks import (
        COMPARISONS,
        COMPLETENESS,
        Benchmark,
        Plan,
        RecordStore,
        Sizes,
        find_names,
        matrix_speed,
        measure,
        measure_completeness,
        open_model,
        real_prompts,
    )
    from course_lib.data.cache import cache_dir

    check_numbers(args)
    names = find_names(args.only)
    prompts = real_prompts(args.prompts) if COMPLETENESS in names else []
    if args.threads:
        torch.set_num_threads(args.threads)
    model = open_model(args.model, args.device, args.dtype)
    store, session = RecordStore(cache_dir() / "bench" / "attribution.jsonl"), time.strftime("%Y-%m-%d %H:%M:%S")
    if args.fresh:
        store.forget()
    report = Progress()
    sizes = Sizes(steps=args.steps, most_forwards=args.most_forwards, sentences=args.sentences)
    chosen = tuple(comparison for comparison in COMPARISONS if comparison.name in names)
    plan = Plan(chosen, tuple(args.tokens or TOKENS), args.runs, sizes, memory=not args.no_memory)
    speed = matrix_speed(model.device, model.dtype)
    timings = measure(model, plan, store, session, report)
    complete = measure_completeness(model, prompts, store, report) if prompts else None
    speed = max(speed, matrix_speed(model.device, model.dtype))  # a busy moment must not lower the floor
    return Benchmark(tuple(timings), speed, where(model), session, complete)


def check_numbers(args: argparse.Namespace) -> None:
    """Refuse numbers that measure nothing, before anything is loaded."""
    for name in ("runs", "steps", "most_forwards", "sentences", "prompts", "threads"):
        value = getattr(args, name)
        if value is not None and value < 1:
            option = name.replace("_", "-")
            raise CourseError(f"--{option} {value} measures nothing.", "Give 1 or more.")


def where(model: LocalModel) -> dict[str, Any]:
    """Machine, model, threads and packages, for the reader of the table."""
    import torch

    from course_lib.benchmarks import machine

    name = repr(model).rstrip(".")
    return {"model": name, "machine": machine(model.device), "CPU threads": torch.get_num_threads(), **packages()}


def packages() -> dict[str, str]:
    """Versions of what is measured."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("torch", "transformers", "captum"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


class Progress:
    """Progress on stderr: a line that is written over, or, where stderr is a file, one line at the end of each part."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` runs of `what` are done."""
        from course_lib.cli.assets import show_progress

        if sys.stderr.isatty() or done == total:
            show_progress(f"{what}\033[K" if sys.stderr.isatty() else what, done, total)
