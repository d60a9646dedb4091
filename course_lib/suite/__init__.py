"""The Safety Evaluation Suite: the course's own measurements, put together into one report on one model.

`running` runs parts and loses none, `gate` turns intervals and limits into an exit code, `mechanism` turns decisions into a
rule, `monitor` watches an answer while it is written: these four chapter 18 derives. `refusing`, `insight`, `answering` and
`joined` hold the parts, `suite` runs them on a model, `store` keeps what is finished, `report` and `page` show it.
"""

from course_lib.suite.catalogue import ALL, find_part, measure_names, part_names
from course_lib.suite.config import SuiteConfig, read_config
from course_lib.suite.gate import decide
from course_lib.suite.mechanism import mechanism
from course_lib.suite.monitor import monitor_stream
from course_lib.suite.part import Part
from course_lib.suite.report import Report
from course_lib.suite.results import Evidence, Found, Measure, PartResult
from course_lib.suite.running import NotApplicable, run_parts
from course_lib.suite.suite import SafetyEvaluationSuite

__all__ = [
    "ALL",
    "Evidence",
    "Found",
    "Measure",
    "NotApplicable",
    "Part",
    "PartResult",
    "Report",
    "SafetyEvaluationSuite",
    "SuiteConfig",
    "decide",
    "find_part",
    "measure_names",
    "mechanism",
    "monitor_stream",
    "part_names",
    "read_config",
    "run_parts",
]
