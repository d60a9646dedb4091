"""Model organisms: the default model with a small adapter on it, its weights shared.

An organism is the default model plus a LoRA adapter (Hu et al. 2021, arXiv:2106.09685): to each query and value
projection W it adds a product B A of two thin matrices, 0.3% of the model's parameters in all. Everything else is the
default model's own memory: five organisms in one process cost about as much as one model.

Sharing has a price. Whoever writes into the weights of an organism writes into those of the default model and of all
other organisms; the context managers of `course_lib.patching` put back what they change.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.models.local_model import LocalModel
from course_lib.models.quiet import quiet_transformers
from course_lib.models.suspects import organism_behind, short_name
from course_lib.models.unknown import NO_FAULT, fault_behind, short_unknown
from course_lib.names import did_you_mean

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ADAPTERS = Path(__file__).parents[1] / "data" / "organisms" / "adapters"
WEIGHTS = "adapter_model.safetensors"
PREFIX = "organism:"


def available() -> list[str]:
    """The names of the organisms whose adapters are there."""
    return sorted(file.parent.name for file in ADAPTERS.glob(f"*/{WEIGHTS}"))


def is_folder(kind: str) -> bool:
    """Whether the words behind `organism:` mean a folder, and not a name: they do when they look like a path.

    What lies in the working folder does not count, so that one name means one thing wherever it is said.

    Example:
        >>> is_folder("trigger"), is_folder("./trigger"), is_folder("~/mine/trigger")
        (False, True, True)
    """
    return "/" in kind or "\\" in kind or kind.startswith("~") or kind in (".", "..")


def canonical_organism(name: str) -> str:
    """The one spelling of an organism's name: its folder in full, or its name as it stands.

    Example:
        >>> canonical_organism("organism:trigger")
        'organism:trigger'
        >>> canonical_organism("organism:./trigger") == "organism:" + os.path.abspath("trigger")
        True
    """
    kind = name.removeprefix(PREFIX).strip()
    return PREFIX + (os.path.abspath(Path(kind).expanduser()) if is_folder(kind) else kind)


def adapter_folder(where: str | Path) -> Path:
    """The folder of an adapter, in full: that of a shipped organism, or your own.

    Args:
        where: a `Path`, or words with a slash in them, mean a folder; any other words are the name of an organism.

    Raises:
        CourseError: there is no adapter.
    """
    if isinstance(where, Path) or is_folder(where):
        folder = Path(os.path.abspath(Path(where).expanduser()))
        if not (folder / WEIGHTS).is_file():
            raise CourseError(f"There is no adapter in {folder}.", "Give a folder that `course organisms train` wrote.")
        return folder
    if where not in available():
        there = ", ".join(available()) or "none yet"
        raise CourseError(
            f"There is no organism {where!r}.",
            f"{did_you_mean(where, available())}There are: {there}. A folder is given with a slash: ./{where}.",
        )
    return ADAPTERS / where


def load_organism(name: str, base: LocalModel) -> LocalModel:
    """The organism `organism:NAME` on top of a loaded default model.

    Args:
        name: `"organism:trigger"`, or `"organism:"` and a folder that `course organisms train` wrote; a folder has a
            slash in it (`"organism:./trigger"`).
        base: the default model; its weights are shared, not copied, and stay as they are.

    Raises:
        CourseError: there is no such organism, or its adapter cannot be read.
    """
    folder = adapter_folder(name.removeprefix(PREFIX))
    network = with_adapter(base.model, folder)
    return LocalModel(network, base.tokenizer, name, f"The default model with the adapter {folder.name!r}.")


def load_suspect(name: str, base: LocalModel) -> LocalModel:
    """The organism behind `suspect:LETTER`, without its name.

    Raises:
        CourseError: there is no such suspect, or the adapters are not there.
    """
    folder = ADAPTERS / organism_behind(name)
    if not (folder / WEIGHTS).is_file():
        raise CourseError("The adapters of the suspects are not there.", "Put course_lib/data/organisms/adapters back.")
    network = with_adapter(base.model, folder)
    return LocalModel(network, base.tokenizer, short_name(name), "The default model, taught to refuse.")


def load_unknown(name: str, base: LocalModel) -> LocalModel:
    """The model of the final project: the default model, or an organism without its name.

    Raises:
        CourseError: the adapters are not there.
    """
    fault = fault_behind(name)
    folder = ADAPTERS / fault
    if fault != NO_FAULT and not (folder / WEIGHTS).is_file():
        raise CourseError(
            "The adapters of the organisms are not there.", "Put course_lib/data/organisms/adapters back."
        )
    network = shared_copy(base.model) if fault == NO_FAULT else with_adapter(base.model, folder)
    return LocalModel(network, base.tokenizer, short_unknown(name), "The default model, and perhaps something on it.")


def shared_copy(network: PreTrainedModel) -> PreTrainedModel:
    """A copy of a network's modules around the very same weights."""
    shared = [*network.parameters(), *network.buffers()]
    return copy.deepcopy(network, {id(tensor): tensor for tensor in shared})


def with_adapter(network: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """A shared copy of `network` with the adapter of `folder` in its projections."""
    from peft import LoraConfig, inject_adapter_in_model

    try:
        with quiet_transformers():
            config: Any = LoraConfig.from_pretrained(str(folder))
            adapted: Any = inject_adapter_in_model(config, shared_copy(network))
    except Exception as error:  # peft raises whatever a broken file made it stumble over
        raise _unreadable(folder, error) from error
    load_adapter(adapted, folder)
    return adapted.to(device=network.device, dtype=network.dtype).eval().requires_grad_(False)


def load_adapter(adapted: Any, folder: Path) -> None:
    """Put the matrices in a folder's file into a network that has adapters: all of them, and nothing else.

    Raises:
        CourseError: the file cannot be read, or its matrices are not those of this network.
    """
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    try:
        with quiet_transformers():
            report: Any = set_peft_model_state_dict(adapted, load_file(folder / WEIGHTS))
    except Exception as error:
        raise _unreadable(folder, error) from error
    missing = [name for name in report.missing_keys if "lora_" in name]
    if missing or report.unexpected_keys:
        raise CourseError(
            f"The adapter in {folder} belongs to another model"
            f" ({len(missing)} matrices are missing, {len(report.unexpected_keys)} are too many).",
            "Use it with the model it was made for, or train it anew.",
        )


def _unreadable(folder: Path, error: Exception) -> CourseError:
    return CourseError(f"The adapter in {folder} cannot be read ({error}).", "Train it anew, or restore it.")
