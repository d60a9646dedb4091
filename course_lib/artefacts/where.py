"""Which files on this machine is a loaded model made of?

A model has a name, and a scan needs paths. Where they are depends on where the model came from: the course's cache, a folder, a
single file, Ollama's store, or the cache of the Hugging Face hub. Nothing is downloaded here, except the default model's GGUF
file where somebody has deleted it.
"""

from __future__ import annotations

from pathlib import Path

from course_lib.data.assets import fetch, find_asset
from course_lib.data.cache import cache_dir
from course_lib.errors import CourseError


def files_of(name: str) -> list[Path]:
    """The folders and files of a model, by the name with which it was loaded.

    Args:
        name: as `load_model` takes it; the model has been loaded once, so its files are there.

    Raises:
        CourseError: the model has no files (`"tiny:0"`), or they are not on this machine.

    Example:
        >>> files_of("tiny:0")
        Traceback (most recent call last):
        ...
        course_lib.errors.CourseError: tiny:0 is made on the spot: it has no files. Name a model that was stored somewhere.
    """
    if name.startswith("tiny:"):
        raise CourseError(f"{name} is made on the spot: it has no files.", "Name a model that was stored somewhere.")
    if name in ("default", ""):
        asset = find_asset("smollm2")
        return [cache_dir() / "models" / "default", fetch(asset.name) / asset.files[0].path]
    if name.startswith("ollama:"):
        from course_lib.models.ollama import find_weights

        return [Path(find_weights(name.removeprefix("ollama:"))[0])]
    path = Path(name.removeprefix("organism:")).expanduser()
    if name.startswith("organism:") and not path.exists():
        path = Path(__file__).parents[1] / "data" / "organisms" / "adapters" / path.name
    if path.exists():
        return [path]
    from huggingface_hub import snapshot_download

    try:
        return [Path(snapshot_download(name, local_files_only=True))]
    except Exception as error:
        raise CourseError(f"The files of {name} are not on this machine.", "Load the model once.") from error
