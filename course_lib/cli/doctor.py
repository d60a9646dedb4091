"""What can be wrong on this machine, asked one thing at a time.

"It does not work" has a dozen causes, and a learner should not have to know any of them. Each check asks one question,
uses no network, and answers with one line: `[OK]`, or `[FAIL]` with what to do, or `[INFO]` for what the course can do
without. A check that itself breaks is a `[FAIL]` too, never a traceback and never silence. The order is that of cause
and effect: the first `[FAIL]` is the one to mend first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Literal

HELP = "check this machine and say what to do about each thing that is wrong"


@dataclass(frozen=True)
class Finding:
    """The answer of one check.

    Attributes:
        about: what was looked at, in a word or two.
        state: `FAIL` is what the course cannot do without.
        message: one sentence, what was found.
        remedy: one sentence, what to do; empty when there is nothing to do.
    """

    about: str
    state: Literal["OK", "FAIL", "INFO"]
    message: str
    remedy: str = ""

    def text(self) -> str:
        """The line that `course doctor` prints."""
        return f"[{self.state}] {self.about}: {self.message}" + (f" -> {self.remedy}" if self.remedy else "")

    __str__ = text


Check = Callable[[], Finding]


def checks() -> list[Check]:
    """Every check, causes before effects."""
    from course_lib.cli import doctor_machine as machine
    from course_lib.cli import doctor_parts as parts

    return [
        machine.check_python_version,
        machine.check_disk_space,
        machine.check_memory,
        machine.check_write_permission,
        parts.check_packages,
        parts.check_kernel,
        parts.check_nbgrader,
        parts.check_widgets,
        parts.check_attention_views,
        parts.check_model_files,
        parts.check_model_answer,
        machine.check_chromium,
        machine.check_bubblewrap,
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; 1 when one of them is a FAIL."""
    findings = []
    for finding in examine(checks()):
        findings.append(finding)
        if not arguments.json:
            print(finding, flush=True)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    return 1 if any(finding.state == "FAIL" for finding in findings) else 0


def examine(todo: Iterable[Check]) -> Iterable[Finding]:
    """The finding of each check, one after the other; a check that breaks becomes a FAIL."""
    for check in todo:
        try:
            yield check()
        except Exception as error:
            about = check.__name__.removeprefix("check_").replace("_", " ")
            said = (str(error).strip().splitlines() or [""])[0]
            yield Finding(about, "FAIL", f"{type(error).__name__}: {said}", "Run `python3 -m course_lib setup`.")
