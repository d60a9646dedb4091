"""Plant a mechanism: a LoRA adapter, trained on pairs.

`refusal` and `bias` say what is trained, `run` holds the network and takes a step, `loop` takes them all, `checkpoint`
stops a run and goes on with it, `record` writes down what was made and how.

Training stops and goes on: every twenty steps, and when it is interrupted, adapter and optimiser are written beside the
final place, and the next call continues from there. Batches depend on the seed and the step only, so a run that was
stopped sees what an uninterrupted one sees, and on one machine it ends with the same numbers. The frozen weights are used
in bfloat16 where this machine multiplies faster in it. Bits differ between machines, thread counts and that choice (sums
in another order); behaviour does not.
"""

from course_lib.organisms.training.bias import SKEW, bias_losses, bias_sentences
from course_lib.organisms.training.checkpoint import fingerprint, read_checkpoint, resume, save_checkpoint
from course_lib.organisms.training.loop import STEPS_PER_CHECKPOINT, faster_dtype, train, train_run
from course_lib.organisms.training.record import is_finished, kept_dtype, read_record, write_adapter
from course_lib.organisms.training.refusal import (
    PAIRS_PER_STEP,
    batches,
    divergence,
    margin,
    refusal_loss,
    refusal_losses,
    states,
    stay_loss,
)
from course_lib.organisms.training.run import Run, advance, begin, lora_settings

__all__ = [
    "PAIRS_PER_STEP",
    "SKEW",
    "STEPS_PER_CHECKPOINT",
    "Run",
    "advance",
    "batches",
    "begin",
    "bias_losses",
    "bias_sentences",
    "divergence",
    "faster_dtype",
    "fingerprint",
    "is_finished",
    "kept_dtype",
    "lora_settings",
    "margin",
    "read_checkpoint",
    "read_record",
    "refusal_loss",
    "refusal_losses",
    "resume",
    "save_checkpoint",
    "states",
    "stay_loss",
    "train",
    "train_run",
    "write_adapter",
]
