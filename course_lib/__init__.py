"""The library of *AI Safety and Alignment, hands-on*: look inside a language model that runs on your own machine.

Importing this package loads neither torch nor transformers; each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_LAZY = {
    "CourseError": "course_lib.errors",
    "load_model": "course_lib.models",
    "LocalModel": "course_lib.models",
    "check": "course_lib.checks",
    "choose": "course_lib.checks",
    "hint": "course_lib.checks",
    "reveal": "course_lib.checks",
}

__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'course_lib' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
