"""Fixtures for the browser tests: one JupyterLab and one Chromium a session, a fresh page and no network a test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.lab import REPOSITORY, LabServer, start_lab, stop_lab, write_notebook

ARTIFACTS = REPOSITORY / "test-artifacts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HERE = ("127.0.0.1", "localhost")
report_key = pytest.StashKey[dict[str, pytest.TestReport]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep each phase's report with its test, so that fixtures can see whether it failed."""
    report = yield
    item.stash.setdefault(report_key, {})[report.when] = report
    return report


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium; the test is skipped where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(
            "Chromium is not installed: install it with your system's package manager to run the browser tests."
        )
    return found


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Any]:
    """Chromium without a window; it resolves no name outside this machine."""
    from playwright.sync_api import sync_playwright

    options = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to start its sandbox as root
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """JupyterLab of this Python, showing an empty folder."""
    server = start_lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter"))
    yield server
    stop_lab(server)


@pytest.fixture
def scratch(lab: LabServer, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Call it with the code of each cell: it writes a notebook where JupyterLab shows it and returns its name."""
    name = re.sub(r"\W+", "_", request.node.name)
    return lambda *cells: write_notebook(lab.root / f"{name}.ipynb", *cells).name


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page with the network off. A test that wanted something from outside fails; a failed test leaves a picture."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    refused: list[str] = []

    def only_this_machine(route: Any) -> None:
        if urlsplit(route.request.url).hostname in HERE:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route(re.compile("^https?://"), only_this_machine)
    page = context.new_page()
    yield page
    reports = request.node.stash.get(report_key, {})
    if any(report.failed for report in reports.values()) or refused:
        keep_picture(page, request.node.name)
    context.close()
    assert not refused, f"The page asked for what is not on this machine: {refused}"


def keep_picture(page: Any, name: str) -> Path:
    """Save what the page shows under test-artifacts/ and return where."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)}.png"
    page.screenshot(path=path)
    return path
