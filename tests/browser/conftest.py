"""Fixtures for the browser tests: one JupyterLab a session, a fresh page of Chromium and no network a test.

A failed test leaves a picture of every page it had open in `test-artifacts/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.lab import offline_page, write_notebook
from tests.browser.server import REPOSITORY, LabServer, start_lab, stop_lab

ARTIFACTS = REPOSITORY / "test-artifacts"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """After a failed test, take a picture of each page among its fixtures."""
    report = yield
    if report.failed and report.when == "call":
        for page in getattr(item, "funcargs", {}).values():
            if hasattr(page, "screenshot") and hasattr(page, "keyboard"):
                page.screenshot(path=picture_path(item.name))
    return report


def picture_path(test_name: str) -> str:
    """Where the picture of a failed test goes."""
    ARTIFACTS.mkdir(exist_ok=True)
    return str(ARTIFACTS / f"{re.sub(r'[^A-Za-z0-9]+', '_', test_name)}.png")


@pytest.fixture(scope="session")
def lab(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """JupyterLab of this Python, showing an empty folder."""
    server = start_lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter"))
    yield server
    stop_lab(server)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page with the network off; a test whose page wanted something from outside fails."""
    with offline_page(browser) as page:
        yield page


@pytest.fixture
def scratch(lab: LabServer, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Call it with the code of each cell: it writes a notebook where JupyterLab shows it and returns its name."""
    name = re.sub(r"\W+", "_", request.node.name)
    return lambda *cells: write_notebook(lab.root / f"{name}.ipynb", *cells).name
