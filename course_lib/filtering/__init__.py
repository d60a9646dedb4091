"""The last look at a text before it leaves: what must not be shown is found, in whatever spelling, and taken out.

`OutputFilter` puts the parts together: patterns for personal data (`pii`), a list of words (`words`) and a trained
classifier (`judge`, `decision`), all of which look at the text through several views (`views`, `confusables`). What
they find is merged and masked, and logged without its text (`redaction`). `streaming` does the same while the text is
still being written.

`spans`, `sets`, `evasions` and `measure` say how well all of this works.
"""

from course_lib.filtering.confusables import skeleton, standard_skeleton
from course_lib.filtering.decision import decide
from course_lib.filtering.findings import Finding
from course_lib.filtering.output import FilterResult, OutputFilter
from course_lib.filtering.redaction import merge, redact
from course_lib.filtering.spans import span_counts
from course_lib.filtering.streaming import StreamFilter, release
from course_lib.filtering.views import fold, views

__all__ = [
    "FilterResult",
    "Finding",
    "OutputFilter",
    "StreamFilter",
    "decide",
    "fold",
    "merge",
    "redact",
    "release",
    "skeleton",
    "span_counts",
    "standard_skeleton",
    "views",
]
