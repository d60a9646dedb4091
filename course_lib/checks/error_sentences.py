"""What an error message means, for somebody who meets it for the first time.

"The size of tensor a (7) must match the size of tensor b (6) at non-singleton dimension 1" is exact and helps those who know
what it says. A beginner needs one sentence: what happened, in the words of this course (tokens, layers, devices), and what
to look at. Here each common message of Python, NumPy and PyTorch has one; it stands *beside* the traceback, in a notebook
cell as in the report of a check, and never in its place: the line where it happened is in the traceback.

A sentence says what is usual, so it says "usually". Where no pattern fits, there is none: a wrong explanation is worse.
"""

from __future__ import annotations

import re
from typing import Any

from course_lib.errors import CourseError

_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
        "Two tensors are combined element by element, but dimension {2} has {0} entries in one and {1} in the other. Print both "
        "`.shape`s. Usually one text has more tokens than the other, or a dimension is missing (`keepdim=True`, `[:, None]`).",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)",
        "A matrix product `a @ b` needs as many columns in `a` ({1}) as rows in `b` ({2}). Usually one of them is transposed "
        "(`.T`), or a dimension was averaged away too early.",
    ),
    (
        r"stack expects each tensor to be equal size, but got (\[[^\]]*\]) at entry 0 and (\[[^\]]*\])",
        "`torch.stack` wants tensors of one shape and got {0} and {1}. Usually the texts have different numbers of tokens: "
        "compare positions that mean the same, or go through the texts one by one.",
    ),
    (
        r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size (\d+)",
        "`torch.cat` joins along dimension {0}; all other dimensions must agree, and here one is {1} and the other {2}.",
    ),
    (
        r"shape '(\[[^\]]*\])' is invalid for input of size (\d+)",
        "The tensor has {1} entries, and a tensor of shape {0} does not hold that many. Multiply the shape out and compare.",
    ),
    (
        r"Expected all tensors to be on the same device|two devices, (\S+) and (\S+)",
        "One tensor is on the graphics card and another on the CPU. Move one of them: `x.to(model.device)`.",
    ),
    (
        r"can't convert (\S+) device type tensor to numpy",
        "NumPy reads the CPU's memory only, and this tensor is on {0}: `x.cpu()` first.",
    ),
    (
        r"must have the same dtype, but got (\S+) and (\S+)|expected .*same dtype|expected (?:scalar type|dtype|m1 and m2)",
        "Two tensors have different number formats (`.dtype`), for example half and single precision. Convert one: `x.float()`, "
        "or `x.to(y.dtype)`.",
    ),
    (
        r"mean\(\): could not infer output dtype|mean\(\): input dtype",
        "A mean of whole numbers (or of True and False) is no whole number: `x.float().mean()`.",
    ),
    (
        r"result type (\w+) can't be cast to the desired output type (\w+)",
        "The result would be {0}, and it is written into a tensor of type {1}. Begin with a tensor of the right type, for "
        "example `torch.zeros(n)` in place of one made from token ids.",
    ),
    (
        r"tensors used as indices must be long",
        "A tensor used as an index holds whole numbers (or True and False): `x.long()`.",
    ),
    (
        r"to have one of the following scalar types: Long, Int; but got",
        "Token ids are whole numbers; a tensor of decimals arrived where ids are expected. Usually embeddings or "
        "probabilities were passed for ids.",
    ),
    (
        r"index out of range in self",
        "A number was looked up in the embedding table that is no token id of this model: below 0, or as large as the "
        "vocabulary. Usually ids of another tokenizer, or positions in place of ids.",
    ),
    (
        r"index (-?\d+) is out of bounds for (?:dimension|axis) (\d+) with size (\d+)",
        "Dimension {1} has {2} entries, so its indices run from 0 to {2} minus 1, and {0} is none of them. Usually off by one, "
        "or the dimensions are in another order than you think: print `.shape`.",
    ),
    (
        r"Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)",
        "The tensor has no dimension {2}: its dimensions are numbered from 0 to {1}. Usually a batch dimension is missing, "
        "or was lost in an index.",
    ),
    (
        r"too many indices for (?:tensor|array)",
        "There are more indices than the tensor has dimensions. Print `.shape`; usually a batch dimension is missing.",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "There is no path from this number back to the tensor that the gradient is wanted of. Usually `requires_grad_()` was "
        "forgotten, it ran under `torch.no_grad()`, or the tensor was made anew (`.detach()`, `.item()`, `torch.tensor(...)`).",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "This tensor still carries what gradients need: `x.detach()` first.",
    ),
    (
        r"Trying to backward through the graph a second time",
        "A gradient was taken already and what it needed is gone. Run the model again for the second one.",
    ),
    (
        r"with (\d+) elements cannot be converted to Scalar|only one element tensors can be converted",
        "A tensor with several numbers stands where one number is wanted. Choose one (`x[i]`) or sum them up (`x.sum()`).",
    ),
    (
        r"Boolean value of Tensor with more than one value is ambiguous|truth value of an array with more than one element",
        "A comparison of tensors gives one True or False for each entry, and `if` wants one. Say which: `.all()` or `.any()`.",
    ),
    (
        r"expected Tensor as element \d+ in argument 0, but got (\w+)",
        "`torch.stack` and `torch.cat` take a list of tensors, and this list holds {0}. For plain numbers: `torch.tensor(...)`.",
    ),
    (
        r"out of memory|not enough memory|Unable to allocate",
        "The machine has too little memory for this step. Take a shorter text or fewer texts at a time; if other notebooks are "
        "open, shut their kernels down.",
    ),
    (
        r"^'NoneType' object (?:is not (?:subscriptable|iterable|callable)|has no attribute)",
        "Something that should be a value is None. Usually a function has no `return`, or a setting (as "
        "`output_attentions=True`) was left out.",
    ),
)  # fmt: skip


def sentence_for(error: BaseException) -> str:
    """One sentence or two about a common error; "" where there is none to say.

    Example:
        >>> sentence_for(IndexError("index 7 is out of bounds for dimension 0 with size 7"))[:28]
        'Dimension 0 has 7 entries, s'
        >>> sentence_for(ValueError("something else"))
        ''
    """
    if isinstance(error, CourseError):
        return ""  # it has said so itself
    if isinstance(error, NameError) and error.name:
        return (
            f"Nothing here is called `{error.name}` yet. Usually a cell further up has not been run since the kernel began: "
            "Run → Run All Above Selected Cell. Otherwise look for a slip in the name."
        )
    text = str(error)
    for pattern, sentence in _SENTENCES:
        found = re.search(pattern, text)
        if found:
            return sentence.format(*(group or "" for group in found.groups()))
    return ""


def explain_errors() -> bool:
    """From now on a traceback in this notebook is followed by a sentence, where there is one. Does nothing outside notebooks.

    Returns:
        Whether this is a notebook.
    """
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return False
    if not shell.custom_exceptions:  # somebody else's handler stays
        shell.set_custom_exc((Exception,), _show_with_sentence)
    return True


def _show_with_sentence(shell: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None) -> None:
    """Show the traceback as always, and the sentence below it."""
    from IPython.display import display

    from course_lib.checks.help_panel import Shown

    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    if sentence := sentence_for(error):
        display(Shown(f"**What this means.** {sentence}"))
