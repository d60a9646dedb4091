"""From the name of a model to its files."""

import pytest

from course_lib import CourseError
from course_lib.artefacts import files_of


def test_a_folder_a_file_and_an_organism_are_found(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    assert files_of(str(tmp_path)) == [tmp_path]
    assert files_of(str(tmp_path / "a.gguf")) == [tmp_path / "a.gguf"]
    assert (files_of("organism:trigger")[0] / "adapter_model.safetensors").is_file()


@pytest.mark.model
def test_the_default_model_is_a_folder_and_a_gguf_file():
    folder, gguf = files_of("default")
    assert (folder / "model.safetensors").is_file()
    assert gguf.read_bytes()[:4] == b"GGUF"


def test_a_model_that_is_not_here_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CourseError, match="not on this machine"):
        files_of("nobody/no-such-model")
