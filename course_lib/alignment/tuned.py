"""The default model after training on preferences: its adapters, shipped or your own.

`"tuned:wanted"` was trained to prefer answers with the higher true reward, `"tuned:shuffled"` on the same pairs with the
verdicts decided by a coin, which is the control: what does training do when there is nothing to learn? The weights of the default
model are shared, as with the organisms; a `"tuned:./FOLDER"` is one that you trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel

ADAPTERS = Path(__file__).parents[1] / "data" / "alignment" / "adapters"
PREFIX = "tuned:"


def folder_of(name: str) -> Path:
    """The folder of an adapter by its name, with or without `tuned:`.

    Raises:
        CourseError: it is not there.
    """
    from course_lib.models.organism import WEIGHTS, is_folder

    kind = name.removeprefix(PREFIX)
    folder = Path(kind).expanduser().absolute() if is_folder(kind) else ADAPTERS / kind
    if not (folder / WEIGHTS).is_file():
        there = ", ".join(sorted(file.parent.name for file in ADAPTERS.glob(f"*/{WEIGHTS}"))) or "none"
        raise CourseError(
            f"There is no adapter {kind!r} trained on preferences.",
            f"There are: {there}. A folder of your own is given with a slash: ./{Path(kind).name}.",
        )
    return folder


def load_tuned(base: LocalModel, name: str) -> LocalModel:
    """The default model with an adapter that was trained on preferences.

    Args:
        base: the loaded default model, whose memory is shared.
        name: `"wanted"` or `"shuffled"`, or a folder with a slash in it.

    Raises:
        CourseError: there is no such adapter.
    """
    from course_lib.models import LocalModel
    from course_lib.models.organism import with_adapter

    kind = name.removeprefix(PREFIX)
    network = with_adapter(base.model, folder_of(kind))
    return LocalModel(network, base.tokenizer, PREFIX + kind, f"The default model, trained on preferences ({kind}).")
