"""A GPT-2 whose weights are written by hand: two layers, two heads each, and an exact induction circuit.

The stream has four parts: which token stands here, at which position, which token stood before, and the answer.

* Layer 0, head 0 attends to the position before and writes its token into "before".
* Layer 1, head 0 attends to where "before" is the present token, and writes the token that stands there into "answer".
* The second head of each layer, and both MLPs, are zero.

Scores are so large that every softmax is 0 or 1 (or even, between equals), and every position's vector has the same
entries in another order, so that all norms are constants: what a patch does can be worked out with pencil and paper.
"""

from __future__ import annotations

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from course_lib.models import LocalModel
from tests.attribution.tiny_families import word_tokenizer

TOKENS, PLACES = 6, 8
START, A, B, X, E = range(5)
TOKEN, PLACE, BEFORE, ANSWER = 0, TOKENS, TOKENS + PLACES, 2 * TOKENS + PLACES
WIDTH, SHARP = 3 * TOKENS + PLACES, 20.0
CLEAN = torch.tensor([START, A, B, X, E, A])  # A was followed by B
CORRUPTED = torch.tensor([START, X, B, A, E, A])  # A was followed by E


def induction_model() -> LocalModel:
    config = GPT2Config(
        vocab_size=TOKENS, n_positions=PLACES, n_embd=WIDTH, n_layer=2, n_head=2, tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    network = GPT2LMHeadModel(config).eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        parameter.fill_(1.0 if "ln_" in name and name.endswith("weight") else 0.0)
    tokens, places = torch.arange(TOKENS), torch.arange(PLACES)
    query, key, value = 0, WIDTH, 2 * WIDTH  # columns of c_attn; the first head comes first in each
    network.transformer.wte.weight[tokens, TOKEN + tokens] = 1
    network.transformer.wpe.weight[places, PLACE + places] = 1
    network.lm_head.weight[tokens, ANSWER + tokens] = 1
    first, second = (block.attn for block in network.transformer.h)
    first.c_attn.weight[PLACE + places, query + places] = SHARP
    first.c_attn.weight[PLACE + places[:-1], key + places[1:]] = 1  # a key says: I am before place i + 1
    first.c_attn.weight[TOKEN + tokens, value + tokens] = 1
    first.c_proj.weight[tokens, BEFORE + tokens] = 1
    second.c_attn.weight[TOKEN + tokens, query + tokens] = SHARP
    second.c_attn.weight[BEFORE + tokens, key + tokens] = 1
    second.c_attn.weight[TOKEN + tokens, value + tokens] = 1
    second.c_proj.weight[tokens, ANSWER + tokens] = 1
    return LocalModel(network, word_tokenizer(), "induction", "written by hand")
