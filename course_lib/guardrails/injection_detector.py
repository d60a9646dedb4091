"""A detector of prompt injections that others trained and ship, read without running any of their code.

NanoGuard (MIT, one release, one author) is a transformer of 16.8 million parameters that looks in both directions. Its
wheel holds the weights as a checkpoint of torch, which is read with `weights_only`, and the tokenizer as a *pickle*, which
runs code while it is loaded. Chapter 3 shows why one does not load that. It need not be loaded: what is wanted is a table
of byte strings and their ranks, and `pickletools` lists a pickle's instructions without following them. So the table is
picked from the list, and a pickle with an instruction that such a table does not need is refused.

The network here is written anew after the one in the wheel (rotary positions, normalised queries and keys, squared
rectifiers). It reads 512 positions, filling included, and the filling takes part in attention: so it was trained, and so
a text of ten tokens costs as much as one of five hundred.

It was made for injections (*ignore what stands above*), and is measured in chapter 14 on them and on harmful requests.
"""

from __future__ import annotations

import pickletools
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import layer_norm, linear, rms_norm, scaled_dot_product_attention

from course_lib.data.assets import fetch
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.guardrails.thresholds import Scores

POSITIONS, HEADS, BEGIN, FILL = 512, 4, "<|reserved_0|>", "<|reserved_1|>"
TABLE_ONLY = {
    "PROTO", "FRAME", "MEMOIZE", "MARK", "EMPTY_DICT", "EMPTY_TUPLE", "SETITEM", "SETITEMS", "SHORT_BINUNICODE", "SHORT_BINBYTES",
    "BININT1", "BININT2", "STACK_GLOBAL", "NEWOBJ", "BUILD", "STOP",
}  # fmt: skip


def read_table(data: bytes) -> tuple[str, dict[bytes, int], dict[str, int]]:
    """Pattern, ranks and special tokens from a pickled tokenizer of tiktoken, without loading it.

    Raises:
        CourseError: the pickle holds an instruction that such a table does not need.

    Example:
        >>> import pickle
        >>> read_table(pickle.dumps({"pat_str": ".", "mergeable_ranks": {b"a": 7}, "special_tokens": {"<s>": 8}}, protocol=4))
        ('.', {b'a': 7}, {'<s>': 8})
    """
    said = [(code.name, value) for code, value, _ in pickletools.genops(data)]
    strange = sorted({name for name, _ in said} - TABLE_ONLY)
    if strange:
        raise CourseError(f"The pickle holds {strange[0]}, which no table needs.", "Do not load it.")
    values = [value for name, value in said if name in ("SHORT_BINUNICODE", "SHORT_BINBYTES", "BININT1", "BININT2")]
    follows = list(pairwise(values))
    pattern = next(str(after) for before, after in follows if before == "pat_str")
    ranks = {key: rank for key, rank in follows if isinstance(key, bytes) and isinstance(rank, int)}
    special = {key: rank for key, rank in follows if isinstance(key, str) and isinstance(rank, int)}
    return pattern, ranks, special


def merge(piece: bytes, ranks: dict[bytes, int]) -> list[int]:
    """Byte pair encoding of one piece: of all neighbours, those with the lowest rank are joined, until none is known.

    Example:
        >>> merge(b"abb", {b"a": 0, b"b": 1, b"ab": 2})
        [2, 1]
    """
    parts = [piece[place : place + 1] for place in range(len(piece))]
    while True:
        pairs = [(ranks.get(a + b), place) for place, (a, b) in enumerate(pairwise(parts))]
        known = [(rank, place) for rank, place in pairs if rank is not None]
        if not known:
            return [ranks[part] for part in parts]
        _, place = min(known)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


@cache
def _tokenizer() -> tuple[Any, dict[bytes, int], dict[str, int]]:
    import regex

    data = (fetch("nanoguard") / "nanoguard/assets/tokenizer.pkl").read_bytes()
    pattern, ranks, special = read_table(data)
    return regex.compile(pattern), ranks, special


@cache
def _weights() -> dict[str, Tensor]:
    path = fetch("nanoguard") / "nanoguard/assets/model.pt"
    stored = torch.load(path, map_location="cpu", weights_only=True)["model_state_dict"]
    return {name: tensor.float() for name, tensor in stored.items()}


def encode(text: str) -> list[int]:
    """The ids of a text, with the sign for its beginning, cut at 512."""
    pattern, ranks, special = _tokenizer()
    ids = [special[BEGIN]] + [token for piece in pattern.findall(text) for token in merge(piece.encode(), ranks)]
    return ids[:POSITIONS]


@torch.no_grad()
def injection_scores(texts: Sequence[str]) -> Scores:
    """The probability that each text holds an injection, by NanoGuard; about a third of a second for each.

    Raises:
        CourseError: the weights are not in the cache and cannot be fetched.
    """
    fill = _tokenizer()[2][FILL]
    found = []
    for text in texts:
        ids = encode(text)
        row = torch.tensor([ids + [fill] * (POSITIONS - len(ids))])
        found.append(float(_logits(row, len(ids)).softmax(-1)[0, 1]))
    return np.array(found)


def _logits(ids: Int[Tensor, "1 position"], length: int) -> Float[Tensor, "1 label"]:
    weights = _weights()
    x = _norm(weights["transformer.wte.weight"][ids])
    first, turn = x, _rotary(x.shape[-1] // HEADS)
    layer = 0
    while (place := f"transformer.h.{layer}") + ".attn.c_q.weight" in weights:
        x = weights["resid_lambdas"][layer] * x + weights["x0_lambdas"][layer] * first
        x = x + _attention(_norm(x), place + ".attn", turn)
        inner = linear(_norm(x), weights[place + ".mlp.c_fc.weight"]).relu().square()
        x = x + linear(inner, weights[place + ".mlp.c_proj.weight"])
        layer += 1
    pooled = _norm(x)[:, :length].mean(dim=1)
    pooled = layer_norm(pooled, pooled.shape[-1:], weights["cls_norm.weight"], weights["cls_norm.bias"])
    return linear(pooled, weights["cls_head.weight"], weights["cls_head.bias"])


def _norm(x: Tensor) -> Tensor:
    return rms_norm(x, x.shape[-1:])


def _rotary(width: int) -> tuple[Tensor, Tensor]:
    angles = torch.outer(torch.arange(POSITIONS).float(), 10000.0 ** (-torch.arange(0, width, 2) / width))
    return angles.cos().bfloat16()[:, None], angles.sin().bfloat16()[:, None]  # as it was trained


def _attention(x: Tensor, place: str, turn: tuple[Tensor, Tensor]) -> Tensor:
    cosine, sine = turn
    made = []
    for name in "qkv":
        here = linear(x, _weights()[f"{place}.c_{name}.weight"]).unflatten(-1, (HEADS, -1))
        if name != "v":
            a, b = here.chunk(2, dim=-1)
            here = _norm(torch.cat([a * cosine + b * sine, b * cosine - a * sine], dim=-1))
        made.append(here.transpose(1, 2))
    out = scaled_dot_product_attention(*made).transpose(1, 2).flatten(-2)
    return linear(out, _weights()[f"{place}.c_proj.weight"])
