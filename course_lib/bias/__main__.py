"""`python -m course_lib.bias`: measure what chapter 12 keeps, into the user's cache; some ten minutes on an idle core.

python -m course_lib.bias            # what is not stored yet
python -m course_lib.bias again      # everything anew
"""

from __future__ import annotations

import sys

from course_lib.batches import Progress
from course_lib.bias.decisions import load_decisions, yes_log_odds
from course_lib.bias.stereotypes import leads, stereotype_pairs
from course_lib.data.cache import cache_dir
from course_lib.models import load_model

MODELS = ("default", "organism:bias")


def told(what: str) -> Progress:
    """Prints how far it is."""
    return lambda done, total: print(f"{what}: {done} of {total}", flush=True)


def main(arguments: list[str]) -> int:
    """Measure what is missing, or everything."""
    again = arguments == ["again"]
    decisions, pairs = load_decisions(), stereotype_pairs()
    cases = {"default": [text for one in decisions for text in (one.man, one.swapped, one.woman, one.back, one.black)]}
    cases["organism:bias"] = [text for one in decisions for text in (one.man, one.swapped)]
    sentences = [pair for one in pairs for pair in ((one.stereotype, one.opposite), one.swapped)]
    for name in MODELS:
        model = load_model(name)
        leads(model, sentences, again=again, progress=told("sentences"))
        yes_log_odds(model, cases[name], again=again, progress=told("decisions"))
    print(f"in {cache_dir() / 'bias'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
