"""How fast are the course's own methods, how much memory do they take, and do they give the same numbers as others?

`course bench attribution` asks it. `setting` has the question (the same tokens, the same target for everybody), `ways` what a
comparison is, `removal`, `integrated`, `shapley`, `states` and `patching` the comparisons, each with a loop that does what
the definition says and, where there is one, with Captum's program for the same numbers. `measure` takes the times in
turns, `peak` the memory, `floor` says how much of the time the arithmetic alone would need, `store` keeps everything so
that a long benchmark can be stopped, and `result` and `goals` say what came out.

The pitfall is the benchmark that flatters its author. Here the opponent may choose its batch, every time stands beside
the difference of the numbers, and a loop that is timed in part says so.
"""

from course_lib.benchmarks.catalogue import COMPARISONS, COMPLETENESS, NAMES, find_names
from course_lib.benchmarks.completeness import Completeness, measure_completeness, real_prompts
from course_lib.benchmarks.floor import arithmetic, matrix_speed
from course_lib.benchmarks.measure import Plan, measure
from course_lib.benchmarks.open_model import open_model
from course_lib.benchmarks.result import Benchmark
from course_lib.benchmarks.setting import Sizes
from course_lib.benchmarks.store import RecordStore, machine
from course_lib.benchmarks.timing import Timing
from course_lib.benchmarks.ways import Comparison, Way

__all__ = [
    "COMPARISONS",
    "COMPLETENESS",
    "NAMES",
    "Benchmark",
    "Comparison",
    "Completeness",
    "Plan",
    "RecordStore",
    "Sizes",
    "Timing",
    "Way",
    "arithmetic",
    "find_names",
    "machine",
    "matrix_speed",
    "measure",
    "measure_completeness",
    "open_model",
    "real_prompts",
]
