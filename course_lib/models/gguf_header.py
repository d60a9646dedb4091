"""What a GGUF file says about itself: its settings and the shape of each tensor, without the weights.

Reading the header takes a fraction of a second whatever the file's size, so everything that can be refused is refused
here, before minutes of work: a file that is no GGUF file, one that was cut off, one in a format nobody reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.models.folder import first_line

ROPE_DIVISORS = "rope_freqs.weight"
ROPE_PREFIXES = ("rope_freqs", "rope_factors")


@dataclass(frozen=True)
class Header:
    """The header of one GGUF file.

    Attributes:
        name: the file's name.
        metadata: its settings; long lists such as the vocabulary are left out.
        shapes: the shape of each tensor, by the tensor's name in the file.
        rope_divisors: the divisor of each rotary frequency, when the file states them.
    """

    name: str
    metadata: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    rope_divisors: tuple[float, ...] | None

    @property
    def architecture(self) -> str:
        """The kind of model, in llama.cpp's words."""
        return str(self.metadata["general.architecture"])

    @property
    def n_weights(self) -> int:
        """How many weights the file holds; rotary divisors are settings, not weights."""
        return sum(math.prod(shape) for name, shape in self.shapes.items() if not name.startswith(ROPE_PREFIXES))


def read_header(path: Path) -> Header:
    """Read the header of the GGUF file at `path`.

    Raises:
        CourseError: the file cannot be read, is no GGUF file, is cut off, or has weights in an unknown format.
    """
    from transformers.integrations.gguf.reader import GgufHeader, read_gguf_metadata

    try:
        with path.open("rb") as file:
            is_gguf = file.read(4) == b"GGUF"
        if is_gguf:
            table = GgufHeader.from_file(str(path))
            metadata, _ = read_gguf_metadata(str(path))
    except OSError as error:
        raise CourseError(f"{path} could not be read ({error.strerror or error}).", "Check the path.") from error
    except Exception as error:  # whatever a reader trips over in a damaged file
        raise CourseError(
            f"{path} is damaged or in a format that transformers cannot read ({first_line(error)}).",
            "Download it again; if that does not help, take the model in another quantisation.",
        ) from error
    if not is_gguf:
        raise CourseError(f"{path} is not a GGUF file.", "Name a file that llama.cpp or Ollama can load.")
    end = max((table.data_start + tensor.offset + tensor.nbytes for tensor in table.tensors), default=0)
    if end > path.stat().st_size:
        raise CourseError(f"{path} is cut off: {end - path.stat().st_size:,} bytes are missing.", "Download it again.")
    divisors = [tensor for tensor in table.tensors if tensor.name == ROPE_DIVISORS]
    return Header(
        name=path.name,
        metadata=metadata,
        shapes={tensor.name: tuple(tensor.shape) for tensor in table.tensors},
        rope_divisors=read_floats(path, table.data_start + divisors[0].offset, divisors[0].nbytes)
        if divisors
        else None,
    )


def read_floats(path: Path, start: int, n_bytes: int) -> tuple[float, ...]:
    """The 32-bit floats in `n_bytes` bytes of a file from byte `start` on."""
    import numpy as np

    return tuple(np.fromfile(path, dtype="<f4", count=n_bytes // 4, offset=start).tolist())
