"""Taking things out of a text, and a log that says so without saying what.

Two detectors often find the same characters: a card number holds something like a telephone number. If both are
replaced, one after the other, the second replacement hits the wrong place. So overlapping findings are first
**merged** into one stretch that carries the kind of the surest of them. Then everything is replaced in one pass.

The log answers "what was withheld, and was it the same thing twice?". A digest answers the second question. A plain
hash would answer a third: a telephone number has ten digits, and whoever has the log tries all of them. So the digest
is made with a **secret key** (HMAC, RFC 2104), which is kept away from the log. (A salt that stands beside the hash
does not help: it is there for whoever tries.)

Source: H. Krawczyk, M. Bellare, R. Canetti, *HMAC: Keyed-Hashing for Message Authentication*, RFC 2104 (1997).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from course_lib.filtering.findings import Finding

DIGEST = 16  # hexadecimal digits that are kept
NOTICE = "[the rest was withheld]"


def redact(text: str, findings: list[dict[str, Any]], key: bytes) -> tuple[str, list[dict[str, Any]]]:
    """The text with masks in place of what was found, and an entry for the log for each mask.

    Args:
        text: the original.
        findings: each `{"start": …, "end": …, "kind": …, "score": …}`, in any order; they may overlap.
        key: secret, for the digests.

    Returns:
        The text, with `[KIND]` for each merged stretch, and `{"kind": …, "length": …, "digest": …}` for each.

    Example:
        >>> redact("call 555-0100", [{"start": 5, "end": 13, "kind": "PHONE", "score": 0.4}], b"key")[0]
        'call [PHONE]'
    """
    merged: list[dict[str, Any]] = []
    for one in sorted(findings, key=lambda one: (one["start"], one["end"])):
        if merged and one["start"] < merged[-1]["end"]:
            last = merged[-1]
            surer = one if one["score"] > last["score"] else last
            merged[-1] = {**surer, "start": last["start"], "end": max(last["end"], one["end"])}
        else:
            merged.append(one)
    pieces, entries, at = [], [], 0
    for one in merged:
        secret = text[one["start"] : one["end"]]
        digest = hmac.new(key, secret.encode(), "sha256").hexdigest()[:DIGEST]
        entries.append({"kind": one["kind"], "length": len(secret), "digest": digest})
        pieces += [text[at : one["start"]], f"[{one['kind']}]"]
        at = one["end"]
    return "".join(pieces) + text[at:], entries


def merge(findings: Sequence[Finding]) -> list[Finding]:
    """Overlapping findings as one: the stretch they cover, with the kind of the surest; among equals, of the first.

    Example:
        >>> [(f.start, f.end, f.kind) for f in merge([Finding(0, 4, "A", 0.4), Finding(2, 9, "B"), Finding(9, 11, "C")])]
        [(0, 9, 'B'), (9, 11, 'C')]
    """
    merged: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.start, one.end)):
        if merged and one.start < merged[-1].end:
            last = merged[-1]
            surer = one if one.score > last.score else last
            merged[-1] = replace(surer, start=last.start, end=max(last.end, one.end))
        else:
            merged.append(one)
    return merged


def masked_text(text: str, merged: Sequence[Finding], start: int = 0, end: int | None = None) -> str:
    """`text[start:end]` with a mask for each merged finding in it; none of them may stand across an end."""
    pieces, at = [], start
    for one in merged:
        pieces += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join(pieces) + text[at:end]
