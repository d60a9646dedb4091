"""`python -m course_lib.robustness`: measure what chapter 5 shows, into the user's cache.

python -m course_lib.robustness              # what is not stored yet; a quarter of an hour on an idle core
python -m course_lib.robustness searches     # the searches toward a harmless target, into a file beside it
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from course_lib.data.cache import cache_dir
from course_lib.models import load_model
from course_lib.robustness.measured import measure_everything
from course_lib.robustness.search import REQUESTS, suffix_search


def main(arguments: list[str]) -> int:
    """Do what was asked for."""
    if arguments != ["searches"]:
        measure_everything(load_model, lambda what: print(what, flush=True))
        print(f"in {cache_dir() / 'robustness'}")
        return 0
    model, rows = load_model("default"), []
    for seed, request in enumerate(REQUESTS):
        rows += [asdict(suffix_search(model, way, request=request, seed=seed)) for way in ("gradient", "random")]
        print(f"{len(rows)} searches done", flush=True)
    target = cache_dir() / "robustness" / "searches.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(f"in {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
