"""What each token writes, as bytes.

A byte-level tokenizer cuts bytes, not letters: one letter of a script outside ASCII may be two or three tokens, none of which
is text. `tokenizer.decode([id])` shows such a token as `�` and loses what it was. So pieces are bytes here, and a text is
decoded when it is whole.

Three ways to write a vocabulary are known: GPT-2's, in which every byte is a printable sign (`Ġ` is a space); that of
SentencePiece, in which `▁` is a space and `<0x0A>` a byte; and plain text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@cache
def byte_signs() -> dict[str, int]:
    """GPT-2's sign of each byte.

    Example:
        >>> byte_signs()["Ġ"], byte_signs()["a"], len(byte_signs())
        (32, 97, 256)
    """
    kept = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in kept]
    return {chr(byte): byte for byte in kept} | {chr(256 + place): byte for place, byte in enumerate(others)}


def token_bytes(tokenizer: PreTrainedTokenizerBase) -> list[bytes]:
    """What each token of the vocabulary writes, by id; nothing for special tokens.

    Args:
        tokenizer: of any of the three kinds.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> token_bytes(model.tokenizer)[model.single_token(" model")]
        b' model'
    """
    words = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    special = set(tokenizer.all_special_ids)
    added = {token: entry.content for token, entry in tokenizer.added_tokens_decoder.items()}
    plain = [word or "" for token, word in enumerate(words) if token not in special and token not in added]
    signs = byte_signs()
    by_bytes = sum("Ġ" in word for word in plain) > sum("▁" in word for word in plain)
    pieces = []
    for token, word in enumerate(words):
        if token in special or word is None:
            pieces.append(b"")
        elif token in added:
            pieces.append(added[token].encode())
        elif by_bytes and all(sign in signs for sign in word):
            pieces.append(bytes(signs[sign] for sign in word))
        elif match := BYTE.fullmatch(word):
            pieces.append(bytes([int(match[1], 16)]))
        else:
            pieces.append(word.replace("▁", " ").encode())
    return pieces
