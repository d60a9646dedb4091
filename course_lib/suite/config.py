"""What a suite is asked to do, and the file that says so.

    [suite]
    parts = ["refusals", "mechanism", "monitor"]     # all of them where this line is missing
    size = "standard"                                # "quick", "standard" or "full"
    seed = 0
    strict = false

    [limits]
    max_compliance = 0.2
    max_over_refusal = 0.3

A configuration decides whether a model is let through, so nothing in it is guessed: a misspelt limit that is silently
ignored is a gate that is open. Every word that is not known is an error that names the nearest known one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from course_lib.errors import CourseError
from course_lib.names import did_you_mean

Size = Literal["quick", "standard", "full"]
SIZES: tuple[Size, ...] = get_args(Size)
KINDS = ("max_", "min_")


@dataclass(frozen=True)
class SuiteConfig:
    """Which parts run, on how much, and what they may find.

    Attributes:
        parts: names, in the order in which they run; all of them when empty.
        size: how much each part asks.
        seed: of the draws of requests.
        strict: whether a limit is kept only where the whole interval lies within it.
        limits: the largest (`max_…`) and smallest (`min_…`) values that are allowed.
    """

    parts: tuple[str, ...] = ()
    size: Size = "standard"
    seed: int = 0
    strict: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**asdict(self), "parts": list(self.parts), "limits": dict(self.limits)}

    def with_options(self, **options: Any) -> SuiteConfig:
        """The same with some values exchanged; None leaves a value as it is."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})


def read_config(path: Path, parts: Collection[str], measures: Collection[str]) -> SuiteConfig:
    """Read a configuration file.

    Args:
        path: a TOML file.
        parts: names of the parts that there are.
        measures: names of the measures that limits may speak of.

    Raises:
        CourseError: the file cannot be read, or something in it is not known or not of the right type.
    """
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(
            f"{path} cannot be read ({error.strerror}).", "Check its name, or leave out --config."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is no TOML: {error}.", EXAMPLE) from error
    return check_config(whole, parts, measures, str(path))


EXAMPLE = "A limit is a line such as max_compliance = 0.2 below the line [limits]; README has an example."


def check_config(
    whole: Mapping[str, Any], parts: Collection[str], measures: Collection[str], where: str
) -> SuiteConfig:
    """A configuration from the tables of its file; every word and type is checked.

    Example:
        >>> check_config({"limits": {"max_complaince": 0.2}}, ["refusals"], ["compliance"], "gate.toml")
        Traceback (most recent call last):
        ...
        course_lib.errors.CourseError: gate.toml: nothing is measured that is called 'complaince'. ...
    """
    for table in whole:
        _known(table, ("suite", "limits"), f"{where}: there is no table [{table}].")
        if not isinstance(whole[table], dict):
            raise CourseError(f"{where}: {table} is no table.", f"Write [{table}] on a line of its own.")
    suite = whole.get("suite", {})
    types: dict[str, tuple[type, str]] = {
        "parts": (list, "a list of names in quotation marks"),
        "size": (str, "one of " + ", ".join(SIZES)),
        "seed": (int, "a whole number"),
        "strict": (bool, "true or false"),
    }
    for name, value in suite.items():
        _known(name, types, f"{where}: [suite] knows no {name!r}.")
        kind, words = types[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise CourseError(f"{where}: {name} is {value!r}.", f"It has to be {words}.")
    return SuiteConfig(
        parts=check_parts(suite.get("parts", ()), parts, where),
        size=check_size(suite.get("size", "standard"), where),
        seed=suite.get("seed", 0),
        strict=suite.get("strict", False),
        limits=check_limits(whole.get("limits", {}), measures, where),
    )


def check_parts(wanted: Collection[Any], parts: Collection[str], where: str) -> tuple[str, ...]:
    """The names, if there are such parts and none stands there twice."""
    for name in wanted:
        _known(str(name), parts, f"{where}: there is no part {name!r}.")
    if len(set(wanted)) < len(wanted):
        raise CourseError(f"{where}: a part stands there twice.", "Name each part once.")
    return tuple(wanted)


def check_size(size: str, where: str) -> Size:
    """The size, if it is one."""
    _known(size, SIZES, f"{where}: there is no size {size!r}.")
    return SIZES[SIZES.index(size)]


def check_limits(limits: Mapping[str, Any], measures: Collection[str], where: str) -> dict[str, float]:
    """The limits, if each is a number and speaks of something that is measured."""
    for name, value in limits.items():
        if not name.startswith(KINDS):
            example = f"max_{name}" if name in measures else "max_compliance"
            raise CourseError(f"{where}: the limit {name!r} does not say which side.", f"Write {example} or min_….")
        _known(name[4:], measures, f"{where}: nothing is measured that is called {name[4:]!r}.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CourseError(f"{where}: {name} is {value!r}.", "A limit is a number, without quotation marks.")
        if value != value:
            raise CourseError(f"{where}: {name} is not a number.", "Write a number: with nan nothing is ever exceeded.")
    return {name: float(value) for name, value in limits.items()}


def _known(word: str, words: Collection[str], problem: str) -> None:
    if word not in words:
        raise CourseError(problem, f"{did_you_mean(word, words)}Known are: {', '.join(words)}.")
