"""A JupyterLab that belongs to the test run: its own port, folders and settings, and nothing of the user's.

The pitfall: JupyterLab takes cells that are out of sight off the page, and asks on its first start whether it may fetch
news. Both are switched off, so that "all outputs" means all and no dialog stands in the way of a click.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "only-for-this-test"

#: JupyterLab's settings for the tests: all cells stay on the page, no questions about news, nothing saved in between.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab: where it listens, which folder it shows, and its process."""

    url: str
    root: Path
    process: subprocess.Popen[bytes]
    log: Path


def start_lab(root: Path, state: Path, *, wait: float = 60) -> LabServer:
    """Start JupyterLab of this Python on a free port, showing `root`, with all of its state kept under `state`.

    Raises:
        RuntimeError: when it does not answer within `wait` seconds; the message holds the end of its log.
    """
    write_settings(state / "settings")
    port = free_port()
    log = state / "jupyterlab.log"
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0", f"--notebook-dir={root}"]
    options += [f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=None", "--ServerApp.terminals_enabled=False"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=root,
            env=_environment(state),
            stdout=stream,
            stderr=stream,
        )
    server = LabServer(f"http://127.0.0.1:{port}", root, process, log)
    _wait_until_it_answers(server, wait)
    return server


def stop_lab(server: LabServer) -> None:
    """Stop the server and its kernels."""
    server.process.terminate()
    try:
        server.process.wait(15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def _environment(state: Path) -> dict[str, str]:
    """This process's environment, with Jupyter's own folders moved under `state` and this copy of the course first."""
    paths = [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
        "COURSE_PROGRESS": str(state / "progress.jsonl"),  # its own, so that help is offered as to a learner
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "HF_HUB_OFFLINE": "1",
    }


def write_settings(folder: Path) -> None:
    """Write `SETTINGS` where JupyterLab looks for a user's own."""
    for name, values in SETTINGS.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_it_answers(server: LabServer, wait: float) -> None:
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urlopen(f"{server.url}/api?token={TOKEN}", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    stop_lab(server)
    raise RuntimeError(f"JupyterLab did not start. The end of its log:\n{server.log.read_text()[-2000:]}")
