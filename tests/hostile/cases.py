"""All submissions of the suite, by name: `CASES["endless_loop"]`."""

from __future__ import annotations

from importlib import import_module

from tests.hostile.kit import ALL, Case

GROUPS = (
    "tampering", "metadata", "reading", "writing", "archives", "exits", "resources", "outputs", "forged", "conduct",
    "leftovers", "honest",
)  # fmt: skip
for _group in GROUPS:
    import_module(f"tests.hostile.attacks.{_group}")

CASES: dict[str, Case] = dict(ALL)
HOSTILE = tuple(case for case in CASES.values() if not case.honest)
HONEST = tuple(case for case in CASES.values() if case.honest)
