"""Each question about the course's own parts, made to fail."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from course_lib import models
from course_lib.cli import doctor_parts as parts
from course_lib.errors import CourseError


def test_packages_name_the_first_three_and_count_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "problems_here", lambda root: [f"p{i} is missing" for i in range(5)])
    finding = parts.check_packages()
    assert finding.state == "FAIL"
    assert finding.message == "p0 is missing, p1 is missing, p2 is missing and 2 more."
    monkeypatch.setattr(parts, "problems_here", lambda root: [])
    assert parts.check_packages().state == "OK"


def test_the_way_to_install_depends_on_whose_environment_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "environment_folder", lambda root: Path(sys.prefix))
    assert "course_lib setup" in parts.how_to_install()
    monkeypatch.setattr(parts, "environment_folder", lambda root: Path("/elsewhere"))
    assert "pip install -c constraints.txt" in parts.how_to_install()


def set_kernel(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    spec = SimpleNamespace(argv=[program, "-m", "ipykernel_launcher"])
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda self, name: spec)


def test_kernel_of_this_environment() -> None:
    assert parts.check_kernel().state == "OK"


def test_kernel_of_another_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A link to the same binary from another environment is another Python: its packages are others."""
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    set_kernel(monkeypatch, str(link))
    finding = parts.check_kernel()
    assert finding.state == "FAIL"
    assert str(link) in finding.message
    set_kernel(monkeypatch, sys.executable)
    assert parts.check_kernel().state == "OK"


def test_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: object, name: str) -> None:
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", missing)
    assert parts.check_kernel().message == "there is no kernel called python3."


@pytest.mark.parametrize("check", [parts.check_nbgrader, parts.check_widgets])
@pytest.mark.parametrize(("state", "word"), [("missing", "is missing"), ("disabled", "is switched off")])
def test_lab_extensions(check: object, state: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check().state == "OK"  # type: ignore[operator]
    monkeypatch.setattr(parts, "lab_extension_state", lambda name: state)
    finding = check()  # type: ignore[operator]
    assert finding.state == "FAIL"
    assert word in finding.message
    assert finding.remedy


def test_an_extension_that_a_user_switched_off_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through Jupyter's own configuration files, as `jupyter labextension disable` writes them."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "labconfig").mkdir()
    page = tmp_path / "labconfig" / "page_config.json"
    assert parts.lab_extension_state("@jupyter/nbgrader") == "enabled"
    page.write_text(json.dumps({"disabledExtensions": {"@jupyter/nbgrader": True}}))
    assert parts.lab_extension_state("@jupyter/nbgrader") == "disabled"
    page.write_text(json.dumps({"disabledExtensions": {"@jupyter/nbgrader:validate-assignment": True}}))
    assert parts.lab_extension_state("@jupyter/nbgrader") == "disabled"
    assert parts.lab_extension_state("@nobody/nothing") == "missing"


def test_a_server_extension_that_a_user_switched_off_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "nbgrader.server_extensions.validate_assignment"
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert parts.server_extension_enabled(name)
    config = {"ServerApp": {"jpserver_extensions": {name: False}}}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(config))
    assert not parts.server_extension_enabled(name)
    finding = parts.check_nbgrader()
    assert finding.state == "FAIL"
    assert "server extension" in finding.message


def test_attention_views(monkeypatch: pytest.MonkeyPatch) -> None:
    from course_lib.widgets import bertviz_scripts

    assert parts.check_attention_views().state == "OK"

    def missing(library: str) -> str:
        raise CourseError(f"The package for {library} is not installed.", "x")

    monkeypatch.setattr(bertviz_scripts, "library_source", missing)
    finding = parts.check_attention_views()
    assert finding.state == "FAIL"
    assert "is not installed" in finding.message


def test_attention_views_without_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    import course_lib.widgets

    monkeypatch.setitem(sys.modules, "course_lib.widgets.bertviz_scripts", None)
    monkeypatch.delattr(course_lib.widgets, "bertviz_scripts", raising=False)
    assert parts.check_attention_views().state == "FAIL"


@pytest.fixture
def model_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A cache that holds a small stand-in for the model's file, and its finished conversion: (file, conversion)."""
    from course_lib.data import assets
    from course_lib.models import gguf

    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    real = assets.find_asset("smollm2")
    content = b"GGUF and some weights"
    small = replace(
        real, files=(replace(real.files[0], bytes=len(content), sha256=hashlib.sha256(content).hexdigest()),)
    )
    monkeypatch.setattr(assets, "find_asset", lambda name: small)
    file = small.folder / small.files[0].path
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    monkeypatch.setattr(gguf, "is_converted", lambda folder, sha256: (folder / sha256).exists())
    conversion = tmp_path / "models" / "default" / small.files[0].sha256
    conversion.parent.mkdir(parents=True)
    conversion.write_text("")
    return file, conversion


def test_model_files(model_cache: tuple[Path, Path]) -> None:
    assert parts.check_model_files().state == "OK"


def test_model_not_converted(model_cache: tuple[Path, Path]) -> None:
    model_cache[1].unlink()
    assert "was made from another file" in parts.check_model_files().message


def test_model_file_damaged_but_of_the_right_length(model_cache: tuple[Path, Path]) -> None:
    file = model_cache[0]
    file.write_bytes(file.read_bytes().replace(b"some", b"same"))
    finding = parts.check_model_files()
    assert finding.state == "FAIL"
    assert "is damaged" in finding.message
    assert "Delete" in finding.remedy


def test_model_file_missing(model_cache: tuple[Path, Path]) -> None:
    model_cache[0].unlink()
    assert parts.check_model_files().text().startswith("[FAIL] model files:")


@pytest.mark.model
def test_the_model_gives_its_known_answer() -> None:
    assert parts.check_model_answer().state == "OK"


def test_a_model_that_answers_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(chat=lambda text: text, generate=lambda prompt, max_new_tokens: "Lyon Lyon Lyon")
    monkeypatch.setattr(models, "load_model", lambda name: other)
    finding = parts.check_model_answer()
    assert finding.state == "FAIL"
    assert "'Lyon Lyon Lyon'" in finding.message
