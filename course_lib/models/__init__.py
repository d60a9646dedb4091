"""Models that run on your own machine, from wherever you have them."""

from course_lib.data.cache import cache_dir
from course_lib.models.load import load_model, prepare_default, restore_weights
from course_lib.models.local_model import LocalModel
from course_lib.models.shuffle import with_shuffled_weights

__all__ = ["LocalModel", "cache_dir", "load_model", "prepare_default", "restore_weights", "with_shuffled_weights"]
