"""The default model with an adapter that was trained on the principles' pairs, or on the same pairs with a coin for a judge.

    from course_lib.constitution import load_adapted
    model = load_adapted(load_model("default"), "principles")

The folders have the layout of the organisms, so `load_model(f"organism:{folder_of('principles')}")` gives the same network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.constitution.principles import FOLDER
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel

ADAPTERS = FOLDER / "adapters"
PREFIX = "constitution:"


def folder_of(name: str) -> Path:
    """The folder of an adapter: a shipped one by its name, or your own by its path (with a slash in it).

    Raises:
        CourseError: there is none.
    """
    from course_lib.models.organism import WEIGHTS, is_folder

    kind = name.removeprefix(PREFIX)
    folder = Path(kind).expanduser().absolute() if is_folder(kind) else ADAPTERS / kind
    if not (folder / WEIGHTS).is_file():
        there = ", ".join(sorted(file.parent.name for file in ADAPTERS.glob(f"*/{WEIGHTS}"))) or "none"
        raise CourseError(
            f"There is no adapter {kind!r} trained on principles.",
            f"There are: {there}. A folder of your own is given with a slash: ./{Path(kind).name}.",
        )
    return folder


def load_adapted(base: LocalModel, name: str) -> LocalModel:
    """The default model with such an adapter; its weights are shared, not copied.

    Args:
        base: the loaded default model.
        name: `"principles"` or `"shuffled"`, or a folder with a slash in it.

    Raises:
        CourseError: there is no such adapter.
    """
    from course_lib.models import LocalModel
    from course_lib.models.organism import with_adapter

    kind = name.removeprefix(PREFIX)
    network = with_adapter(base.model, folder_of(kind))
    return LocalModel(network, base.tokenizer, PREFIX + kind, f"The default model, trained on preferences ({kind}).")
