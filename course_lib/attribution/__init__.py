"""Which parts of the prompt does an answer rest on? Methods that score every input token."""

from course_lib.attribution.fast_removal import removal_attribution
from course_lib.attribution.removal import token_attribution
from course_lib.attribution.result import TokenAttribution

__all__ = ["TokenAttribution", "removal_attribution", "token_attribution"]
