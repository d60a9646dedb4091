"""Models that run on your own machine, from wherever you have them."""

from course_lib.models.load import load_model
from course_lib.models.local_model import LocalModel

__all__ = ["LocalModel", "load_model"]
