"""Find the weights of a model that Ollama has, without asking Ollama.

Ollama's store is content-addressed, like a container registry. A small JSON file, the manifest, sits under the model's
name and lists *layers*: the weights, the prompt template, the licence, each by the hash of its content. The content
itself lies once in `blobs/`, called after that hash. So `llama3.2:1b` leads to
`manifests/registry.ollama.ai/library/llama3.2/1b`, whose layer of type `application/vnd.ollama.image.model` names the
blob, and the blob is a plain GGUF file. No server has to run, and nothing in the store is changed.

Pitfall: the server often runs as a user of its own, so its store is not in the home of the person who types. The usual
places are searched in order: `OLLAMA_MODELS`, the home folder, the Linux service's folder.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from course_lib.data.cache import Progress
from course_lib.errors import CourseError
from course_lib.models.gguf import hash_of

WEIGHTS = "application/vnd.ollama.image.model"
ADAPTER = "application/vnd.ollama.image.adapter"
SERVICE_STORE = Path("/usr/share/ollama/.ollama/models")
REGISTRY = "registry.ollama.ai"


def find_weights(name: str, progress: Progress | None = None) -> tuple[Path, str]:
    """The GGUF file of an Ollama model, and the SHA-256 of its content, which is the one that its name states.

    Args:
        name: as `ollama list` prints it: `"llama3.2:1b"`, `"user/model"`; the tag is `latest` when left out.
        progress: called as `progress(what, done, total)` in bytes, the first time that the file is read.

    Raises:
        CourseError: no store, no such model, a model with an adapter, a damaged manifest, a missing or damaged blob.
    """
    host, namespace, model, tag = split_name(name)
    stores = [store for store in candidate_stores() if (store / "manifests").is_dir()]
    if not stores:
        places = ", ".join(str(store) for store in candidate_stores())
        raise CourseError(
            f"Ollama's store is in none of the usual places ({places}).",
            "Set the environment variable OLLAMA_MODELS to the folder that holds `manifests` and `blobs`.",
        )
    for store in stores:
        manifest = store / "manifests" / host / namespace / model / tag
        if manifest.is_file():
            return find_blob(manifest, store, name, progress)
    known = sorted(known for store in stores for known in model_names(store))
    raise CourseError(
        f"Ollama has no model {name!r}.",
        f"It has: {', '.join(known)}." if known else f"It has none yet: run `ollama pull {name}`.",
    )


def candidate_stores() -> list[Path]:
    """Where Ollama's store may be, in the order in which it is looked for."""
    chosen = os.environ.get("OLLAMA_MODELS")
    return [Path(chosen).expanduser()] if chosen else [Path.home() / ".ollama" / "models", SERVICE_STORE]


def split_name(name: str) -> tuple[str, str, str, str]:
    """Registry host, namespace, model and tag of a name.

    Example:
        >>> split_name("llama3.2:1b")
        ('registry.ollama.ai', 'library', 'llama3.2', '1b')
        >>> split_name("hf.co/user/model")
        ('hf.co', 'user', 'model', 'latest')
        >>> split_name("localhost:5000/user/model:1b")
        ('localhost:5000', 'user', 'model', '1b')
    """
    folders, slash, last = name.rpartition("/")  # a colon before the last slash belongs to the registry's port
    model_name, colon, tag = last.partition(":")
    parts = (folders + slash + model_name).split("/")
    host, namespace, model = [*(REGISTRY, "library")[: 3 - len(parts)], *parts] if len(parts) <= 3 else ("", "", "")
    pieces = (host, namespace, model, tag if colon else "latest")
    # A piece is one folder name: letters, digits, `_`, `-`, `.`, never `..`, so no name leads out of the store.
    without_port = (re.sub(r":\d{1,5}$", "", host), *pieces[1:])
    if not all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", piece) for piece in without_port):
        raise CourseError(f"{name!r} is no name of an Ollama model.", "Write it as `ollama list` does: `llama3.2:1b`.")
    return pieces


def find_blob(manifest: Path, store: Path, name: str, progress: Progress | None = None) -> tuple[Path, str]:
    """The weights that `manifest` points to, and their hash."""
    try:
        layers = json.loads(manifest.read_text(encoding="utf-8"))["layers"]
        has_adapter = any(layer["mediaType"] == ADAPTER for layer in layers)
        digests = [layer["digest"] for layer in layers if layer["mediaType"] == WEIGHTS]
        sha256 = re.fullmatch(r"sha256:([0-9a-f]{64})", digests[0])[1]  # type: ignore[index]
    except PermissionError as error:
        raise CourseError(f"{manifest} may not be read by you.", "Ask its owner to make it readable.") from error
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise CourseError(
            f"Ollama's manifest of {name!r} names no weights.", f"Run `ollama pull {name}` to get a whole one."
        ) from error
    if has_adapter:
        raise CourseError(
            f"{name!r} runs with an adapter on top of its weights; without it, another model would be looked at.",
            "Merge the adapter into the weights, or choose the model below it.",
        )
    blob = store / "blobs" / f"sha256-{sha256}"
    if not blob.is_file():
        raise CourseError(f"The weights of {name!r} are missing from {blob.parent}.", f"Run `ollama pull {name}`.")
    if readable_hash(blob, progress) != sha256:
        raise CourseError(
            f"The weights of {name!r} are not those that its manifest names: {blob} is damaged.",
            f"Run `ollama rm {name}`, then `ollama pull {name}`.",
        )
    return blob, sha256


def readable_hash(blob: Path, progress: Progress | None) -> str:
    """The hash of a blob's content, or a CourseError when this user may not read it."""
    try:
        return hash_of(blob, progress)
    except PermissionError as error:
        raise CourseError(f"{blob} may not be read by you.", "Ask its owner to make it readable.") from error


def model_names(store: Path) -> list[str]:
    """The names of all models in a store, as `ollama list` prints them."""
    root = store / "manifests"
    names = []
    for manifest in root.glob("*/*/*/*"):
        if manifest.is_file():
            host, namespace, model, tag = manifest.relative_to(root).parts
            shown = [part for part, usual in ((host, REGISTRY), (namespace, "library")) if part != usual]
            names.append("/".join([*shown, model]) + f":{tag}")
    return names
