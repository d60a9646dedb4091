"""`course example-class`: submissions of learners whom nobody has met, to try grading on.

They are those of `course bench grading`: right in several ways, with the mistakes that the checks know, untouched, broken.
The same number of learners gives the same class. They go only into a class that has no submissions of the chapter, so
that they are never mixed with those of people.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.grading.desk import Desk

HELP = "fill a class with generated submissions, to try `course grade` and formgrader on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("chapter", help="number or folder name")
    parser.add_argument("--class", dest="group", metavar="NAME", required=True, help="a class without submissions")
    parser.add_argument("--size", type=int, default=12, metavar="N", help="learners; default: 12")


def run(args: argparse.Namespace) -> int:
    """Write the submissions and say what they are."""
    from course_lib.grading.classes import class_folder
    from course_lib.grading.whole_class import open_desk

    desk, _ = open_desk(args.chapter, root=class_folder(args.group))
    kinds = hand_in(desk, args.size)
    print(
        f"{args.size} submissions in {desk.submitted}: {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}."
    )
    print(
        f"Next: `course grade {args.chapter} --class {args.group}` (12 of chapter 8: two and a half minutes on two busy cores)."
    )
    print(f"When you have seen enough, delete the folder {desk.chapter.root}.")
    return 0


def hand_in(desk: Desk, size: int) -> Counter[str]:
    """Write the submissions of a generated class where nbgrader looks for them.

    Args:
        desk: of the class and chapter.
        size: how many learners.

    Returns:
        How many there are of each kind.

    Raises:
        CourseError: there are submissions already, or nobody is to be in the class.
    """
    import nbformat

    from course_lib.benchmarks.generated_class import generated_class
    from course_lib.grading.writing import write_file

    if size < 1:
        raise CourseError("A class has one learner or more.", "Choose another --size.")
    folder, name = desk.chapter.folder, desk.chapter.release.name
    if any(desk.submitted.glob(f"*/{folder}")):
        problem = f"There are submissions of {folder} in {desk.submitted} already."
        other = f"`course release {desk.chapter.number:02} --class {unused_name(desk.chapter.root)}`"
        raise CourseError(problem, f"Make another class for the trial, {other}, or delete that folder if it was one.")
    handed = generated_class(desk.assignment, nbformat.read(desk.chapter.solution, as_version=4), size)
    for one in handed:
        write_file(desk.submitted / one.learner / folder / name, one.content)
    return Counter(one.kind for one in handed)


def unused_name(root: Path) -> str:
    """A name that no class beside the one in `root` has yet."""
    return next(
        name for number in count(1) if not (root.parent / (name := f"trial{number if number > 1 else ''}")).exists()
    )
