"""Where the parts of a decoder are, whatever its family calls them.

Every decoder of the usual kind is the same machine: blocks in a row, each with an attention layer whose heads are
written side by side and mixed by one *output projection*, and an MLP whose hidden neurons are mixed by one *down
projection*, both added to the residual stream. Only the names differ: Llama, Qwen and Gemma say `self_attn.o_proj` and
`mlp.down_proj`, GPT-2 says `attn.c_proj` and `mlp.c_proj`, GPT-NeoX says `attention.dense` and `mlp.dense_4h_to_h`.

The inputs of those two projections are the places to intervene: there, and only there, each head owns a slice of the
last dimension and each neuron one entry. Behind the projection they are summed and cannot be told apart.

The pitfall is `Conv1D`: GPT-2 stores its weights as `[input, output]`, `torch.nn.Linear` as `[output, input]`. And a
mixture of experts has many down projections: its "neurons" are not one row, and this module refuses rather than guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn
from transformers.pytorch_utils import Conv1D

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel

ATTENTION = ("self_attn", "attn", "attention")
ATTENTION_OUTPUT = ("o_proj", "c_proj", "dense", "out_proj")
MLP = ("mlp",)
MLP_DOWN = ("down_proj", "c_proj", "dense_4h_to_h", "fc2")
FINAL_NORM = ("norm", "ln_f", "final_layer_norm")


@dataclass(frozen=True, eq=False)
class Block:
    """The parts of one decoder block.

    Attributes:
        module: the whole block; residual stream in, residual stream out.
        attention: the attention layer, from the normalised stream to what it adds.
        attention_output: mixes the heads; its input is `[batch, position, head * width]`.
        mlp_down: mixes the neurons; its input is `[batch, position, neuron]`.
        norms: the block's normalisation layers by name, in the order in which the family lists them.
    """

    module: nn.Module
    attention: nn.Module
    attention_output: nn.Module
    mlp_down: nn.Module
    norms: dict[str, nn.Module]

    @property
    def has_norms_behind(self) -> bool:
        """Whether attention and MLP are normalised once more before they are added (Gemma 2 and 3, OLMo 2)."""
        return "post_feedforward_layernorm" in self.norms

    @property
    def attention_writer(self) -> nn.Module:
        """The module whose output attention adds to the residual stream."""
        return self.norms["post_attention_layernorm"] if self.has_norms_behind else self.attention_output

    @property
    def mlp_writer(self) -> nn.Module:
        """The module whose output the MLP adds to the residual stream."""
        return self.norms["post_feedforward_layernorm"] if self.has_norms_behind else self.mlp_down


@dataclass(frozen=True, eq=False)
class Structure:
    """The parts of a whole decoder.

    Attributes:
        blocks: the decoder blocks, first to last.
        n_heads: query heads in a block.
        head_width: how many entries of the output projection's input belong to one head.
        n_neurons: hidden neurons of a block's MLP.
        final_norm: the normalisation between the last block and the vocabulary.
    """

    blocks: tuple[Block, ...]
    n_heads: int
    head_width: int
    n_neurons: int
    final_norm: nn.Module

    def head_columns(self, head: int) -> list[int]:
        """The entries of the output projection's input that belong to `head`."""
        return list(range(head * self.head_width, (head + 1) * self.head_width))


def find_structure(model: LocalModel) -> Structure:
    """Find the blocks of `model`, their projections and their norms.

    Raises:
        CourseError: when the model is not built from blocks with one attention and one dense MLP each.

    Example:
        >>> from course_lib import load_model
        >>> find_structure(load_model("tiny:0")).n_heads
        3
    """
    for parent, blocks in _block_lists(model):
        parts = [_read_block(block) for block in blocks]
        final_norm = _child(parent, FINAL_NORM)
        found = [part for part in parts if part is not None]
        if len(found) == len(parts) and final_norm is not None:
            return _measured(model, tuple(found), final_norm)
    raise CourseError(
        f"The parts of {model.name!r} ({type(model.model).__name__}) are not where this course looks for them.",
        "Use a dense decoder of the Llama, Qwen, Gemma, GPT-2 or GPT-NeoX family.",
    )


def _block_lists(model: LocalModel) -> Iterator[tuple[nn.Module, nn.ModuleList]]:
    """Every list of as many modules as the model has layers, with the module that holds it."""
    for parent in model.model.modules():
        for child in parent.children():
            if isinstance(child, nn.ModuleList) and len(child) == model.n_layers:
                yield parent, child


def _read_block(block: nn.Module) -> Block | None:
    """The parts of a block; None when one is missing."""
    attention, mlp = _child(block, ATTENTION), _child(block, MLP)
    attention_output = attention and _child(attention, ATTENTION_OUTPUT)
    mlp_down = mlp and _child(mlp, MLP_DOWN)
    if attention is None or attention_output is None or mlp_down is None:
        return None
    norms = {name: part for name, part in block.named_children() if "norm" in name or name.startswith("ln_")}
    return Block(block, attention, attention_output, mlp_down, norms)


def _child(module: nn.Module, names: tuple[str, ...]) -> nn.Module | None:
    """The first child of `module` that has one of the names."""
    children = dict(module.named_children())
    return next((children[name] for name in names if name in children), None)


def _measured(model: LocalModel, blocks: tuple[Block, ...], final_norm: nn.Module) -> Structure:
    """The structure with its sizes read off the weights."""
    widths = {(_input_width(block.attention_output), _input_width(block.mlp_down)) for block in blocks}
    if len(widths) > 1:
        raise CourseError(
            "The heads of this model differ in width between layers."
            if len({heads for heads, _ in widths}) > 1
            else "The layers of this model differ in their number of neurons.",
            "Use a model whose layers are all alike.",
        )
    heads_width, neurons = widths.pop()
    if heads_width % model.n_heads:
        raise CourseError(
            f"{heads_width} attention outputs cannot be divided among {model.n_heads} heads.",
            "Use a model whose heads all have the same width.",
        )
    return Structure(blocks, model.n_heads, heads_width // model.n_heads, neurons, final_norm)


def _input_width(projection: nn.Module) -> int:
    """How many numbers a projection takes: rows of a `Conv1D`, columns of a `Linear`."""
    if isinstance(projection, Conv1D):
        return int(projection.weight.shape[0])
    if isinstance(projection, nn.Linear):
        return projection.in_features
    raise CourseError(
        f"A projection of the type {type(projection).__name__} cannot be read.",
        "Load the model without quantisation.",
    )


def check_number(what: str, number: int, count: int) -> None:
    """Refuse numbers beyond the last one; negative numbers are not counted from the end.

    Raises:
        CourseError: naming the numbers that exist.
    """
    if not 0 <= number < count:
        raise CourseError(f"There is no {what} {number}.", f"Choose a {what} from 0 to {count - 1}.")
