"""Open JupyterLab on the course's start page.

JupyterLab by itself asks the network three things: is there a newer version, is there news, which extensions could be
installed. None of them helps a learner, all of them tell somebody that the course is open, and on a machine without a
network they end in error messages. So each is turned off by its own setting below.

The server listens on this machine only unless `--ip` says otherwise, and asks for the token that it prints either way.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from course_lib.cli.bootstrap_places import WINDOWS, repository
from course_lib.errors import CourseError
from course_lib.progress import progress_file

HELP = "open JupyterLab on the course's start page"
QUIET = [
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
]
DEFAULTS: dict[str, dict[str, object]] = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}
"""No question about news in the first minute, and Markdown (the start page) as a page, not as its source."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--no-browser`, `--port` and `--ip`, for servers."""
    parser.add_argument("--no-browser", action="store_true", help="print the address in place of opening a browser")
    parser.add_argument("--port", type=int, help="the port to listen on (default: 8888, or the next free one)")
    parser.add_argument("--ip", default="localhost", help="the address to listen on (default: this machine only)")


def run(arguments: argparse.Namespace) -> int:
    """Start the server and stay until it ends."""
    if arguments.port is not None:
        check_port_free(arguments.ip, arguments.port)
    set_defaults(Path(sys.prefix))
    from jupyterlab.labapp import main

    threading.Thread(target=keep_start_page, args=(repository(), threading.Event()), daemon=True).start()
    try:
        main(server_arguments(repository(), arguments, administrator=is_administrator()))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def set_defaults(prefix: Path) -> None:
    """Add `DEFAULTS` to what JupyterLab in this environment does for everybody who has not chosen otherwise.

    Settings that exist are left as they are, and so is a file or folder that cannot be read or written.
    """
    path = prefix / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if isinstance(found, dict) and not found.keys() >= DEFAULTS.keys():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(DEFAULTS | found), encoding="utf-8")


def server_arguments(root: Path, arguments: argparse.Namespace, *, administrator: bool) -> list[str]:
    """What JupyterLab is told.

    Args:
        root: the folder of the course, which the file browser shows.
        arguments: `no_browser`, `port` and `ip`.
        administrator: whether this is root, as in most containers; Jupyter refuses to start there unless told.
    """
    words = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={start_address(root)}", *QUIET]
    words.append(f"--ServerApp.ip={arguments.ip}")
    if arguments.port is not None:
        words += [f"--ServerApp.port={arguments.port}", "--ServerApp.port_retries=0"]
    if arguments.no_browser:
        words.append("--no-browser")
    if administrator:
        words.append("--allow-root")
    return words


def start_page(root: Path) -> Path | None:
    """The page with this learner's progress, made anew; the first chapter's notebook where it cannot be written.

    None in a course without chapters.
    """
    from course_lib.authoring.start_page import write_start_page

    return write_start_page(root) or next(iter(sorted((root / "chapters").glob("[0-9]*/*.ipynb"))), None)


def keep_start_page(root: Path, ended: threading.Event, seconds: float = 3.0) -> None:
    """Make the start page anew whenever the learner's progress has changed, until `ended` is set.

    Whoever closes the page and opens it again sees what was solved since.
    """
    from course_lib.authoring.start_page import write_start_page

    before = _changed()
    while not ended.wait(seconds):
        now = _changed()
        if now != before:
            before = now
            write_start_page(root)


def _changed() -> float:
    """When the record of progress was last written; 0 where there is none."""
    path = progress_file()
    with suppress(OSError):
        return path.stat().st_mtime if path is not None else 0.0
    return 0.0


def start_address(root: Path) -> str:
    """The path of the page that JupyterLab opens on."""
    page = start_page(root)
    return "/lab" if page is None else "/lab/tree/" + quote(page.relative_to(root).as_posix())


def check_port_free(ip: str, port: int) -> None:
    """Raise a CourseError when the port is taken: somebody who names a port wants that one or a sentence."""
    with socket.socket() as probe:
        if not WINDOWS:  # there the option means "also when somebody listens on it", and the check would always pass
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except (OSError, OverflowError) as error:
            raise CourseError(
                f"Port {port} on {ip} cannot be opened ({error}).",
                "Choose another with --port, or leave --port out and the next free one is taken.",
            ) from error


def is_administrator() -> bool:
    """Whether this process is root. Windows has no such number, and Jupyter does not ask for it there."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
