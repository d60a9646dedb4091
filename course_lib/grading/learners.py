"""Under which name a learner's marks are kept.

The name becomes a folder, a part of an address in formgrader, and a row of a table that a spreadsheet opens. So it holds
letters, digits and `._@+-`, and nothing that means something to a file system, a browser or a spreadsheet. Any other name
is mapped to one that does, always to the same, with a few digits of a hash so that two names never become one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 64
_INSIDE = "._@+-"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_safe(name: str) -> bool:
    """Whether a name is kept as it is.

    Example:
        >>> is_safe("ada.lovelace@example.org"), is_safe("../ada"), is_safe("-rf"), is_safe("Zoë")
        (True, False, False, True)
    """
    return (
        0 < len(name) <= LONGEST
        and name == unicodedata.normalize("NFC", name)
        and all(letter.isalnum() or letter in _INSIDE for letter in name)
        and name[0].isalnum()
        and not name.endswith(".")
        and not _RESERVED.fullmatch(name)
    )


def safe_name(name: str) -> str:
    """A name that is safe: the given one, or one made of it.

    Example:
        >>> safe_name("ada"), safe_name("Ada Lovelace")
        ('ada', 'Ada_Lovelace-767402')
    """
    if is_safe(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    kept = joined(name).lstrip(_INSIDE)[: LONGEST - 7].rstrip(".")
    return f"{'learner' if not kept or _RESERVED.fullmatch(kept) else kept}-{digest}"


def joined(name: str) -> str:
    """A name with "_" for each stretch of what is not allowed.

    Example:
        >>> joined("Ada  King, Countess")
        'Ada_King_Countess'
    """
    normal = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    marks = "".join(letter if letter.isalnum() or letter in _INSIDE else "_" for letter in normal)
    return re.sub(r"_+", "_", marks).strip("_")
