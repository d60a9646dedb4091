"""What a part of the suite is, and how one is exchanged.

A part measures one thing on one model. It is a small frozen object: its name, its question, its version, and as fields
the functions that it rests on, which are those of the chapters. So a learner's own function takes the place of the
library's with one word, `replace(part, judge=my_declines)`, and a whole new part is any object with these names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from course_lib.suite.config import SuiteConfig
from course_lib.suite.results import Cost, Found

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.models import LocalModel


@runtime_checkable
class Part(Protocol):
    """One measurement.

    Attributes:
        name: one word; configurations and reports use it.
        question: what it asks, in a sentence.
        chapter: which chapter derives it.
        version: raised when its numbers change their meaning; results of other versions are not read again.
        measures: the names of the measures that it can give; limits may speak of them.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    chapter: ClassVar[int]
    version: ClassVar[int]
    measures: ClassVar[tuple[str, ...]]

    def run(self, model: LocalModel, config: SuiteConfig, progress: Progress) -> Found:
        """Measure; raise `NotApplicable` where there is nothing to measure on this model."""
        ...


def count_of(config: SuiteConfig, quick: int, standard: int, full: int) -> int:
    """How many cases a part takes at the configured size."""
    return {"quick": quick, "standard": standard, "full": full}[config.size]


def functions_of(part: Part) -> dict[str, str]:
    """The functions that a part rests on, by the name of the field: where each comes from.

    Example:
        >>> from course_lib.suite.refusing import Refusals
        >>> functions_of(Refusals())["judge"]
        'course_lib.refusals:declines'
    """
    if not is_dataclass(part):
        return {}
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: origin(value) for name, value in values.items() if callable(value)}


def origin(function: Callable[..., Any]) -> str:
    """`module:name` of a function; a notebook's functions come from `__main__`."""
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__qualname__', repr(function))}"


def may_be_stored(part: Part) -> bool:
    """Whether a part's result can be told from that of other code by its version: only where all code is the course's."""
    homes = [type(part).__module__, *functions_of(part).values()]
    return all(home.startswith("course_lib.") for home in homes)


@dataclass
class Meter:
    """Counts what a part takes while it runs.

    Attributes:
        passes: calls of the network.
        tokens: token positions that it computed.
    """

    passes: int = 0
    tokens: int = 0


@contextmanager
def metered(model: LocalModel) -> Iterator[Meter]:
    """Count the network's calls inside the block; the hook is taken off afterwards.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> with metered(model) as meter:
        ...     _ = model.logits([1, 2, 3])
        >>> meter
        Meter(passes=1, tokens=3)
    """
    meter = Meter()

    def note(module: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        ids = options.get("input_ids", args[0] if args else options.get("inputs_embeds"))
        meter.passes += 1
        if ids is not None:
            meter.tokens += int(ids.shape[0] * ids.shape[1])

    handle = model.model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield meter
    finally:
        handle.remove()


def peak_megabytes() -> float:
    """The most memory that this process has held so far, in megabytes; 0 where the system does not say."""
    try:
        import resource
        import sys
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)


def cost_of(meter: Meter, seconds: float, cpu_seconds: float) -> Cost:
    """What the meter and the clocks say."""
    return Cost(round(seconds, 2), round(cpu_seconds, 2), meter.passes, meter.tokens, round(peak_megabytes()))
