"""Load a model without transformers writing into the learner's notebook.

Loading is the one step where transformers draws progress bars and gives advice. In a chapter that is noise beside the
one line that matters, and on a shared stderr it hides real errors. What matters is not swallowed but checked: missing
weights, which transformers only warns about, become errors in `folder.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Inside the block transformers shows neither bars nor warnings; afterwards both are as they were."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
