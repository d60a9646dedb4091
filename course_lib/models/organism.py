"""Model organisms: the default model with a small adapter on it, its weights shared.

An organism is the default model plus a LoRA adapter (Hu et al. 2021, arXiv:2106.09685): to each query and value
projection W it adds a product B A of two thin matrices, 0.3% of the model's parameters in all. Everything else is the
default model's own memory: five organisms in one process cost about as much as one model.

Sharing has a price. Whoever writes into the weights of an organism writes into those of the default model and of all
other organisms; the context managers of `course_lib.patching` put back what they change.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.models.local_model import LocalModel
from course_lib.models.quiet import quiet_transformers
from course_lib.models.suspects import organism_behind, short_name

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ADAPTERS = Path(__file__).parents[1] / "data" / "organisms" / "adapters"


def available() -> list[str]:
    """The names of the organisms whose adapters are there."""
    return sorted(folder.parent.name for folder in ADAPTERS.glob("*/adapter_model.safetensors"))


def load_organism(name: str, base: LocalModel) -> LocalModel:
    """The organism `organism:NAME` on top of a loaded default model.

    Args:
        name: `"organism:trigger"`, or `"organism:"` and a folder that `course organisms train` wrote.
        base: the default model; its weights are shared, not copied, and stay as they are.

    Raises:
        CourseError: there is no such organism, or its adapter cannot be read.
    """
    kind = name.removeprefix("organism:")
    folder = ADAPTERS / kind if kind in available() else Path(kind).expanduser()
    if not (folder / "adapter_model.safetensors").is_file():
        raise CourseError(
            f"There is no organism {kind!r}.",
            f"There are: {', '.join(available()) or 'none yet'}. `course organisms train` makes others.",
        )
    network = with_adapter(base.model, folder)
    return LocalModel(network, base.tokenizer, name, f"The default model with the adapter {folder.name!r}.")


def load_suspect(name: str, base: LocalModel) -> LocalModel:
    """The organism behind `suspect:LETTER`, without its name.

    Raises:
        CourseError: there is no such suspect, or the adapters are not there.
    """
    folder = ADAPTERS / organism_behind(name)
    if not (folder / "adapter_model.safetensors").is_file():
        raise CourseError("The adapters of the suspects are not there.", "Put course_lib/data/organisms/adapters back.")
    network = with_adapter(base.model, folder)
    return LocalModel(network, base.tokenizer, short_name(name), "The default model, taught to refuse.")


def shared_copy(network: PreTrainedModel) -> PreTrainedModel:
    """A copy of a network's modules around the very same weights."""
    shared = [*network.parameters(), *network.buffers()]
    return copy.deepcopy(network, {id(tensor): tensor for tensor in shared})


def with_adapter(network: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """A shared copy of `network` with the adapter of `folder` in its projections."""
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    try:
        with quiet_transformers():
            config: Any = LoraConfig.from_pretrained(str(folder))
            adapted: Any = inject_adapter_in_model(config, shared_copy(network))
            report: Any = set_peft_model_state_dict(adapted, load_file(folder / "adapter_model.safetensors"))
    except Exception as error:  # peft raises whatever a broken file made it stumble over
        raise CourseError(
            f"The adapter in {folder} cannot be read ({error}).", "Train it anew, or restore it."
        ) from error
    if report.unexpected_keys:
        raise CourseError(
            f"The adapter in {folder} belongs to another model.", "Use it with the model it was made for."
        )
    return adapted.to(device=network.device, dtype=network.dtype).eval().requires_grad_(False)
