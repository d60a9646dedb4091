"""A JupyterHub that belongs to the test run: the configuration that the course ships, other ports, a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.browser.server import REPOSITORY, free_port, write_settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

INSTRUCTOR = "instructor"
PROXY = "configurable-http-proxy"


@dataclass(frozen=True)
class Hub:
    """A running JupyterHub.

    Attributes:
        url: where it listens.
        state: its folder, with the learners' homes.
        process: of the hub.
        log: what it says.
    """

    url: str
    state: Path
    process: subprocess.Popen[bytes]
    log: Path

    def home(self, name: str) -> Path:
        """The folder of somebody's files."""
        return self.state / "home" / name

    def password(self, name: str) -> str:
        """What `name` signs in with."""
        return str(json.loads((self.state / "passwords.json").read_text())["learners" if name != INSTRUCTOR else name])

    def knock(self, page: Page, name: str) -> None:
        """Sign in; the server starts while others sign in."""
        write_settings(self.home(name) / ".jupyter" / "lab" / "user-settings")
        page.goto(f"{self.url}/hub/login")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(self.password(name))
        page.get_by_role("button", name="Sign in").click()

    def enter(self, page: Page, name: str) -> None:
        """Wait until JupyterLab is there."""
        page.wait_for_url(f"{self.url}/user/{name}/lab**", timeout=120_000)
        page.get_by_role("menuitem", name="Nbgrader", exact=True).wait_for(timeout=120_000)


def skip_without_hub() -> None:
    """Skip where a program is missing; `course test` counts that as a failure in CI."""
    if find_spec("jupyterhub") is None:
        pytest.skip("JupyterHub is not installed: `python -m pip install -c constraints.txt jupyterhub`.")
    if shutil.which(PROXY) is None:
        pytest.skip(f"JupyterHub's proxy is not installed: `apt install node-{PROXY}` or `npm install -g {PROXY}`.")


def start_hub(course: Path, group: str, *, wait: float = 90) -> Hub:
    """Start the hub of a class, with the shipped configuration.

    Raises:
        RuntimeError: when it does not answer within `wait` seconds; the message holds the end of its log.
    """
    config = REPOSITORY / "course_lib" / "data" / "hub" / "jupyterhub_config.py"
    port, log = free_port(), course / "hub.log"
    environment = os.environ | {"COURSE_CLASS": group, "COURSE_FOLDER": str(course), "HF_HUB_OFFLINE": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    options = [
        f"--JupyterHub.bind_url=http://127.0.0.1:{port}",
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{free_port()}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{free_port()}",
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config), *options],
            cwd=course, env=environment, stdout=stream, stderr=stream,
        )  # fmt: skip
    hub = Hub(f"http://127.0.0.1:{port}", course / "hub.state", process, log)
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{hub.url}/hub/health", timeout=2):
                return hub
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    stop_hub(hub)
    raise RuntimeError(f"JupyterHub did not start. The end of its log:\n{log.read_text()[-3000:]}")


def stop_hub(hub: Hub) -> None:
    """Stop the hub, its proxy and everybody's servers."""
    hub.process.terminate()
    try:
        hub.process.wait(30)
    except subprocess.TimeoutExpired:
        hub.process.kill()
        hub.process.wait()
