"""JupyterLab opens on the right page, on the right address, and asks the network nothing."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.cli import lab
from course_lib.cli.bootstrap_places import repository
from course_lib.errors import CourseError
from course_lib.progress import note


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    lab.add_arguments(parser)
    return parser.parse_args(list(words))


def make(root: Path, name: str) -> Path:
    path = root / "chapters" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def test_it_opens_on_the_start_page_and_makes_it_anew(tmp_path: Path) -> None:
    make(tmp_path, "01_first/first.ipynb")
    old = make(tmp_path, "start.md")
    assert lab.start_page(tmp_path) == old
    assert "first" in old.read_text(encoding="utf-8")
    assert lab.start_address(tmp_path) == "/lab/tree/chapters/start.md"


def test_the_start_page_follows_what_is_solved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "progress.jsonl"
    monkeypatch.setenv("COURSE_PROGRESS", str(record))
    made, ended = [], threading.Event()

    def written(root: Path) -> None:
        made.append(root)
        ended.set()

    monkeypatch.setattr("course_lib.authoring.start_page.write_start_page", written)
    watching = threading.Thread(target=lab.keep_start_page, args=(tmp_path, ended, 0.02))
    watching.start()
    time.sleep(0.2)
    assert made == []  # nothing was solved yet
    note("8.1", "passed")
    watching.join(10)
    ended.set()
    assert made == [tmp_path]


def test_where_no_start_page_can_be_written_the_first_chapter_opens(tmp_path: Path) -> None:
    make(tmp_path, "12_later/later.ipynb")
    (tmp_path / "chapters" / "start.md").mkdir()
    first = make(tmp_path, "08_a chapter/look & see.ipynb")
    make(tmp_path, "notes/aside.ipynb")
    assert lab.start_page(tmp_path) == first
    assert lab.start_address(tmp_path) == "/lab/tree/chapters/08_a%20chapter/look%20%26%20see.ipynb"


def test_a_course_without_chapters_opens_the_file_browser(tmp_path: Path) -> None:
    assert lab.start_page(tmp_path) is None
    assert lab.start_address(tmp_path) == "/lab"


def test_options_reach_the_server(tmp_path: Path) -> None:
    plain = lab.server_arguments(tmp_path, parse(), administrator=False)
    assert "--ServerApp.ip=localhost" in plain
    assert not any("port" in word or word in ("--no-browser", "--allow-root") for word in plain)
    full = lab.server_arguments(tmp_path, parse("--no-browser", "--port", "9", "--ip", "0.0.0.0"), administrator=True)
    assert {"--no-browser", "--allow-root", "--ServerApp.port=9", "--ServerApp.ip=0.0.0.0"} < set(full)
    assert "--ServerApp.port_retries=0" in full


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.socket() as holder:
        holder.bind(("localhost", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(CourseError, match=f"Port {port} on localhost cannot be opened"):
            lab.check_port_free("localhost", port)
    lab.check_port_free("localhost", port)


@pytest.mark.parametrize("windows", [True, False])
def test_windows_is_not_asked_to_share_the_port(monkeypatch: pytest.MonkeyPatch, windows: bool) -> None:
    """There SO_REUSEADDR lets two programs listen on one port, and the check could not fail."""
    options: list[int] = []

    class Probe(socket.socket):
        def setsockopt(self, level: int, option: int, value: object) -> None:  # type: ignore[override]
            options.append(option)

    monkeypatch.setattr(lab.socket, "socket", Probe)
    monkeypatch.setattr(lab, "WINDOWS", windows)
    lab.check_port_free("localhost", 0)
    assert (socket.SO_REUSEADDR in options) == (not windows)


def test_a_port_that_is_no_port_is_a_sentence() -> None:
    with pytest.raises(CourseError, match="Port 70000"):
        lab.check_port_free("localhost", 70000)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A running server started as `course lab --no-browser --port N` starts it; its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    code = "import sys; from course_lib import cli; from course_lib.cli import lab; "
    code += "sys.exit(lab.run(cli.parser_for('lab', lab).parse_args(sys.argv[1:])))"
    command = [sys.executable, "-c", code, "--no-browser", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(repository()), "JUPYTER_TOKEN": "sesame"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_served(f"http://localhost:{port}/api", server)
        yield f"http://localhost:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def wait_until_served(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert server.poll() is None, "the server ended before it answered"
            assert time.monotonic() < end, "the server did not answer"
            time.sleep(0.2)


def get(url: str) -> str:
    request = urllib.request.Request(url, headers={"Authorization": "token sesame"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_the_server_serves_the_lab_with_news_and_installer_off(address: str) -> None:
    page = get(f"{address}/lab")
    found = re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    config = json.loads(found.group(1))
    assert config["news"] == {"disabled": True}
    assert config["extensionManager"]["can_install"] is False
    assert config["serverRoot"] == str(repository())


@pytest.mark.slow
def test_the_server_reports_no_newer_version_because_it_does_not_ask(address: str) -> None:
    assert json.loads(get(f"{address}/lab/api/update")) == {"notification": None}


def test_defaults_are_added_and_settings_that_exist_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    lab.set_defaults(tmp_path)
    assert '"fetchNews": "false"' in path.read_text()
    assert "Markdown Preview" in path.read_text()
    path.write_text('{"@jupyterlab/apputils-extension:notification": {"fetchNews": "true"}}')
    lab.set_defaults(tmp_path)
    assert '"fetchNews": "true"' in path.read_text()
    assert "Markdown Preview" in path.read_text()
    path.write_text("half a fi")
    lab.set_defaults(tmp_path)
    assert path.read_text() == "half a fi"
