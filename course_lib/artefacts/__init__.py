"""What comes with a model, read before it is loaded: pickles, safetensors, GGUF settings, chat templates.

The files of a model look like data. Some of them are programs: a pickle runs while it is loaded, a chat template runs at
every prompt. This package reads them as bytes and as syntax trees. It loads no pickle, and it renders templates in a
sandbox only.
"""

from course_lib.artefacts.findings import LEVELS, Finding, worst
from course_lib.artefacts.folder import FolderScan, scan_folder
from course_lib.artefacts.imports import unexpected_imports
from course_lib.artefacts.names import ARRAY_NAMES, TENSOR_NAMES, runs_code
from course_lib.artefacts.pickles import FoundPickle, find_pickles
from course_lib.artefacts.plants import planted_pickles
from course_lib.artefacts.safetensors_header import safetensors_problem
from course_lib.artefacts.template_audit import audit_template
from course_lib.artefacts.template_probes import Probes, probe_template
from course_lib.artefacts.template_texts import texts_behind_content
from course_lib.artefacts.where import files_of

__all__ = [
    "ARRAY_NAMES",
    "LEVELS",
    "TENSOR_NAMES",
    "Finding",
    "FolderScan",
    "FoundPickle",
    "Probes",
    "audit_template",
    "files_of",
    "find_pickles",
    "planted_pickles",
    "probe_template",
    "runs_code",
    "safetensors_problem",
    "scan_folder",
    "texts_behind_content",
    "unexpected_imports",
    "worst",
]
