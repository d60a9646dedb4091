"""`SafetyEvaluationSuite`: the course's parts, one report.

    from course_lib import load_model
    from course_lib.suite import SafetyEvaluationSuite

    report = SafetyEvaluationSuite(load_model("organism:trigger")).run()

Each part can be exchanged: for one whose method is your own function (`suite.using("refusals", judge=mine)`), or for a part
of your own (`suite.with_part(mine)`). A part that breaks has a row in the report that says so; the others are there.

A report says what was measured on this model, in these wordings, with these judges. It is no certificate: nothing here
shows that a model is safe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.names import did_you_mean
from course_lib.suite.catalogue import ALL, find_part
from course_lib.suite.config import SuiteConfig
from course_lib.suite.fingerprint import fingerprint
from course_lib.suite.part import Part, cost_of, functions_of, may_be_stored, metered
from course_lib.suite.report import Report
from course_lib.suite.results import Found, PartResult
from course_lib.suite.running import NotApplicable, run_parts
from course_lib.suite.store import keep, kept, place_of, same_after_storing

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Progress = Callable[[str, int, int], None]


class SafetyEvaluationSuite:
    """Parts to run on a model, and what they may find.

    Args:
        model: a loaded model with a chat template.
        config: size, seed, limits, and which parts; everything at the standard size when None.
        parts: the parts themselves; the course's when None.

    Raises:
        CourseError: the configuration names a part that is not there. (A limit on something that no part measures is not
            kept: the gate says that it could not be measured.)
    """

    def __init__(
        self, model: LocalModel, config: SuiteConfig | None = None, parts: Sequence[Part] | None = None
    ) -> None:
        self.model = model
        self.config = config or SuiteConfig()
        there = {part.name: part for part in (ALL if parts is None else parts)}
        wanted = self.config.parts or tuple(there)
        self.parts: tuple[Part, ...] = tuple(there[name] if name in there else find_part(name) for name in wanted)

    def using(self, name: str, **functions: Any) -> SafetyEvaluationSuite:
        """The same suite with other functions in one of its parts.

        Args:
            name: of the part.
            functions: by the name of the part's field, for example `judge=my_declines`.

        Raises:
            CourseError: no such part in this suite, or the part has no such field.
        """
        part = next((part for part in self.parts if part.name == name), None)
        if part is None:
            raise CourseError(
                f"There is no part {name!r} in this suite.", f"There are: {', '.join(p.name for p in self.parts)}."
            )
        fields = functions_of(part)
        for field in functions:
            if field not in fields or not is_dataclass(part):
                remedy = (
                    f"{did_you_mean(field, fields)}It rests on: {', '.join(fields) or 'none that can be exchanged'}."
                )
                raise CourseError(f"The part {name!r} has no function {field!r}.", remedy)
        return self.with_part(replace(part, **functions))  # type: ignore[type-var]

    def with_part(self, part: Part) -> SafetyEvaluationSuite:
        """The same suite with a part of your own: in place of the one of its name, or behind the others."""
        parts = [part if one.name == part.name else one for one in self.parts]
        return SafetyEvaluationSuite(
            self.model, replace(self.config, parts=()), parts if part in parts else [*parts, part]
        )

    def run(self, progress: Progress | None = None, *, again: bool = False) -> Report:
        """Run every part and put the results together.

        Args:
            progress: called as `progress(part, done, total)`.
            again: measure anew, whatever is stored.

        Raises:
            CourseError: the model's logits are not numbers, so nothing that is read from them would be one.
        """
        check_numbers(self.model)
        said = progress or (lambda what, done, total: None)
        print_of_model = fingerprint(self.model)
        jobs = [
            {"name": part.name, "run": partial(self._one, part, print_of_model, said, again)} for part in self.parts
        ]
        rows, stopped = run_parts(jobs)
        versions = {part.name: part.version for part in self.parts}
        results = tuple(_result(row, versions[row["part"]]) for row in rows)
        return Report.of(self.model, print_of_model, self.config, self.parts, results, stopped)

    def _one(self, part: Part, print_of_model: str, progress: Progress, again: bool) -> PartResult:
        """One part: from the store, or measured and stored."""
        storable = may_be_stored(part)
        place = place_of(part, self.config, print_of_model)
        known = kept(place) if storable and not again else None
        if known is not None:
            progress(f"{part.name} (stored)", 1, 1)
            return known
        progress(part.name, 0, 0)
        clock, cpu = time.perf_counter(), time.process_time()
        status, sentence, found = "ok", "", None
        with metered(self.model) as meter:
            try:
                found = part.run(self.model, self.config, partial(progress, part.name))
                if not isinstance(found, Found):
                    raise TypeError(f"it gave a {type(found).__name__} where a Found is due")
            except NotApplicable as reason:
                status, sentence = "skipped", str(reason)
        cost = cost_of(meter, time.perf_counter() - clock, time.process_time() - cpu)
        more = {} if found is None else {"found": found}
        result = PartResult(part.name, status, sentence, cost=cost, version=part.version, **more)  # type: ignore[arg-type]
        progress(part.name, 1, 1)
        if storable:
            keep(place, result)
        return same_after_storing(result)


def _result(row: dict[str, Any], version: int) -> PartResult:
    """A part's result from its row: its own where it came to an end, an empty one that says why where it did not."""
    if isinstance(row["value"], PartResult):
        return row["value"]
    return PartResult(row["part"], row["status"], row["sentence"], version=version)


def check_numbers(model: LocalModel) -> None:
    """Whether a model computes at all: one whose logits are nan leaks no secret and follows no instruction, and is not safe.

    Raises:
        CourseError: its logits are not numbers.

    Example:
        >>> from course_lib import load_model
        >>> check_numbers(load_model("tiny:0"))
    """
    if bool(model.logits(model.encode("The")).isnan().any()):
        kind = str(model.dtype).removeprefix("torch.")
        raise CourseError(
            f"What {model.name} computes are no numbers (nan), in {kind}, so there is nothing to measure.",
            "Load it in float32; if that gives the same, its file is damaged.",
        )
