"""A GPT-2 of two layers whose four heads do one job each, exactly, because their weights are written by hand.

The residual stream has a dimension for each position, one for each token, and one for each token *as the one before*:
three blocks of ones and zeros. A position's stream holds one 1 in the first two blocks to begin with.

* L0H0, previous token: the query at position q asks for the key of position q - 1, and copies its token into the third
  block. Position 0 has nobody before it and copies itself.
* L0H1, duplicate token: the query asks for its own token, and turns away from its own position. It writes nothing.
* L1H0, induction: the query asks for keys whose *third* block holds its own token. Position 0 is turned away from.
* L1H1, sink: every query asks for position 0.

The number of ones is the same everywhere in each layer, so that the layer norm multiplies and shifts by constants, and
its own weight and bias undo that.
"""

from __future__ import annotations

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from course_lib.models import LocalModel
from tests.attribution.tiny_families import word_tokenizer

POSITIONS, VOCABULARY = 32, 61
WIDTH = POSITIONS + VOCABULARY  # of a head: room for a token and a position
D_MODEL = 2 * WIDTH  # 186 = 32 + 61 + 61, and 32 that stay empty
TOKEN, BEFORE = POSITIONS, POSITIONS + VOCABULARY  # where the second and the third block begin
SHARPNESS = 60.0  # difference of scores between what a head looks for and all else


def undo_norm(norm: torch.nn.LayerNorm, ones: int) -> None:
    """Make a layer norm the identity on streams of `ones` ones."""
    share = ones / D_MODEL
    norm.weight.fill_((share * (1 - share) + norm.eps) ** 0.5)
    norm.bias.fill_(share)


def write_head(layer: torch.nn.Module, head: int, query: torch.Tensor, key: torch.Tensor) -> None:
    """Set the weights, `[stream, width]`, that make a head's queries and keys."""
    strength = (SHARPNESS * WIDTH**0.5) ** 0.5
    columns = slice(head * WIDTH, (head + 1) * WIDTH)
    weight = layer.attn.c_attn.weight
    weight[:, columns] = strength * query
    weight[:, D_MODEL:][:, columns] = strength * key


@torch.no_grad()
def handmade_model() -> LocalModel:
    """The model, with the tokenizer of the other small ones."""
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=D_MODEL, n_layer=2, n_head=2, tie_word_embeddings=False
    )
    network = GPT2LMHeadModel(config).eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        if "ln_" not in name:
            parameter.zero_()
    network.transformer.wpe.weight[:, :POSITIONS] = torch.eye(POSITIONS)
    network.transformer.wte.weight[:, TOKEN:BEFORE] = torch.eye(VOCABULARY)
    first, second = network.transformer.h
    undo_norm(first.ln_1, ones=2)
    undo_norm(second.ln_1, ones=3)

    token, before = torch.zeros(D_MODEL, WIDTH), torch.zeros(D_MODEL, WIDTH)
    token[TOKEN:BEFORE, :VOCABULARY] = torch.eye(VOCABULARY)
    before[BEFORE : BEFORE + VOCABULARY, :VOCABULARY] = torch.eye(VOCABULARY)
    place, one_earlier = torch.zeros(D_MODEL, WIDTH), torch.zeros(D_MODEL, WIDTH)
    place[:POSITIONS, VOCABULARY:] = torch.eye(POSITIONS)
    one_earlier[:POSITIONS, VOCABULARY:] = torch.eye(POSITIONS).roll(-1, dims=1)
    write_head(first, 0, query=one_earlier, key=place)
    write_head(first, 1, query=token + place, key=token - place)

    not_the_first = torch.zeros(D_MODEL, WIDTH)
    not_the_first[0, :VOCABULARY] = -1
    anyone, the_first = torch.zeros(D_MODEL, WIDTH), torch.zeros(D_MODEL, WIDTH)
    anyone[:POSITIONS, 0], the_first[0, 0] = 1, 1
    write_head(second, 0, query=token, key=before + not_the_first)
    write_head(second, 1, query=anyone, key=the_first)

    values = first.attn.c_attn.weight[:, 2 * D_MODEL :]
    values[TOKEN:BEFORE, :VOCABULARY] = torch.eye(VOCABULARY)  # of head 0, its first columns
    first.attn.c_proj.weight[:VOCABULARY, BEFORE : BEFORE + VOCABULARY] = torch.eye(VOCABULARY)
    return LocalModel(network, word_tokenizer(), "handmade", "Weights written by hand.")
