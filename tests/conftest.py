"""What pytest leaves alone, and how the tests are dealt out to several workers.

The example chapter is a notebook's source, and not a module. With one worker (a plain `pytest tests/...`) nothing else
here has an effect. With several (`course test` gives pytest one for each core)

* the tests of a file stay together, because they share what the file loads or builds;
* the browser tests stay together, because they share one JupyterLab and one Chromium;
* each run of a chapter's notebook, which is a process of its own, goes to whoever is free;
* what takes long comes first, so that no worker is left with a notebook when the other has nothing more to do.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

pytest_plugins = ["tests.chromium"]

os.environ.setdefault("COURSE_PROGRESS", "off")  # what tests solve is nobody's progress

collect_ignore_glob = ["authoring/example/solutions/*", "hostile/course/solutions/*"]

NOTEBOOKS, CLASSES, BROWSER = "tests/authoring/test_real_chapters.py", "tests/grading/", "tests/browser/"
LONG_FIRST = (NOTEBOOKS, CLASSES, BROWSER, "tests/checks/")


def group_of(nodeid: str) -> str:
    """What goes to one worker as a whole.

    A class in nbgrader is built once for each chapter, which is the parameter of its tests: "...::test_a[08_name]".
    """
    file = nodeid.partition("::")[0]
    if file == NOTEBOOKS:
        return nodeid
    if file.startswith(BROWSER):
        return BROWSER
    return file + nodeid[nodeid.rfind("[") :] if file.startswith(CLASSES) and "[" in nodeid else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long ones first; the order within a file stays, and every worker finds the same one."""
    if hasattr(config, "workerinput"):
        slow = {group_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (_place(item.nodeid), group_of(item.nodeid) not in slow))


def _place(nodeid: str) -> int:
    return next((place for place, start in enumerate(LONG_FIRST) if nodeid.startswith(start)), len(LONG_FIRST))
