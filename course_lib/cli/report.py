"""`course report MODEL`: the safety evaluation suite on one model, one HTML and one JSON file, an exit code for pipelines.

Exit codes: 0, within all limits (or none were set); 1, above at least one; 2, at least one could not be measured, or the
command could not do its work (no such model, a mistake in the configuration). So a pipeline that lets only 0 through never
lets a model through that nobody has measured.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from course_lib.errors import CourseError

HELP = "chapter 18: a safety report of any model, and an exit code for your pipeline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add = parser.add_argument
    add("model", nargs="?", default="default", help="the model, as load_model takes it")
    add("--config", type=Path, help="a TOML file with parts, size and limits")
    add("--out", type=Path, default=Path("."), help="folder for the two files; this one by default")
    add("--parts", help="only these parts, by name, with commas")
    add(
        "--size",
        choices=("quick", "standard", "full"),
        help="how much is asked: one minute, three, or more, on two cores",
    )
    add("--quick", action="store_true", help="the same as --size quick")
    add("--seed", type=int, help="of the draws of requests")
    add("--strict", action="store_true", help="a limit is kept only where the whole interval lies within it")
    add("--again", action="store_true", help="measure anew, whatever is stored")
    add("--list", action="store_true", help="show the parts and what they measure; run nothing")
    add("--device", help="cpu, cuda or mps")
    add("--dtype", help="float32, bfloat16 or float16")
    add("--json", action="store_true", help="print the JSON report in place of the table")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; whatever keeps it from measuring is exit code 2."""
    try:
        return list_parts() if args.list else make_report(args)
    except CourseError as error:
        print(error.problem, error.remedy, sep="\n", file=sys.stderr)
        return 2


def list_parts() -> int:
    """The parts, one a line."""
    from course_lib.cli.table import print_table
    from course_lib.suite import ALL

    rows = [
        {"part": p.name, "chapter": p.chapter, "asks": p.question, "limits may speak of": ", ".join(p.measures)}
        for p in ALL
    ]
    print_table(rows, as_json=False)
    return 0


def make_report(args: argparse.Namespace) -> int:
    """Measure, write both files, print the table."""
    from course_lib.cli.progress import report as show
    from course_lib.data.files import check_writable, write_whole
    from course_lib.models import load_model
    from course_lib.suite import SafetyEvaluationSuite, SuiteConfig, measure_names, part_names, read_config
    from course_lib.suite.config import check_parts

    if args.quick and args.size not in (None, "quick"):
        raise CourseError(f"--quick and --size {args.size} contradict each other.", "Leave one of them out.")
    config = read_config(args.config, part_names(), measure_names()) if args.config else SuiteConfig()
    parts = None if args.parts is None else tuple(word.strip() for word in args.parts.split(",") if word.strip())
    if parts is not None:
        parts = check_parts(parts, part_names(), "--parts")
    config = config.with_options(
        parts=parts, size="quick" if args.quick else args.size, seed=args.seed, strict=True if args.strict else None
    )
    check_writable(args.out)
    model = load_model(args.model, device=args.device, dtype=args.dtype, progress=show)
    report = SafetyEvaluationSuite(model, config).run(show, again=args.again)
    name = file_name(args.model)
    html, plain = args.out / f"{name}.html", args.out / f"{name}.json"
    write_whole(html, report.html())
    write_whole(plain, report.json())
    print(report.json() if args.json else f"{report.text()}\n\nThe report: {html} and {plain}.")
    if report.stopped:
        done = [result.part for result in report.results if result.status != "not run"]
        kept = ", ".join(done) or "none yet"
        print(f"Stopped. Finished parts are kept ({kept}); the same command goes on from there.", file=sys.stderr)
        return 130
    return report.exit_code


def file_name(model: str) -> str:
    """A file's name for a model's name.

    Example:
        >>> file_name("organism:trigger"), file_name("Qwen/Qwen2.5-0.5B-Instruct"), file_name("../models/mine.gguf")
        ('report-organism-trigger', 'report-Qwen-Qwen2.5-0.5B-Instruct', 'report-models-mine.gguf')
    """
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-.")
    return f"report-{words or 'model'}"
