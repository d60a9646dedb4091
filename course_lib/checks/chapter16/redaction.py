"""Exercise 16.4: masks for overlapping findings, and a log without what was withheld.

Findings overlap in chains, one lies inside another, some only touch, the surest is not the
first, the list is unsorted, masks are longer or shorter than what they replace.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.filtering.redaction import redact

Row = dict[str, Any]
Result = tuple[str, list[Row]]


def _row(start: int, end: int, kind: str, score: float) -> Row:
    return {"start": start, "end": end, "kind": kind, "score": score}


def _with_digest(text: str, findings: list[Row], key: bytes, digest: Any) -> Result:
    made, entries = redact(text, findings, key)
    return made, [{**e, "digest": digest(t)[:16]} for e, t in zip(entries, _secrets(text, findings), strict=True)]


def _secrets(text: str, findings: list[Row]) -> list[str]:
    merged: list[list[int]] = []
    for one in sorted(findings, key=lambda f: f["start"]):
        if merged and one["start"] < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], one["end"])
        else:
            merged.append([one["start"], one["end"]])
    return [text[a:b] for a, b in merged]


def plain_hash(text: str, findings: list[Row], key: bytes) -> Result:
    """A hash without the key."""
    return _with_digest(text, findings, key, lambda t: hashlib.sha256(t.encode()).hexdigest())


def key_in_front(text: str, findings: list[Row], key: bytes) -> Result:
    """The key is hashed together with the text."""
    return _with_digest(text, findings, key, lambda t: hashlib.sha256(key + t.encode()).hexdigest())


def kind_digested(text: str, findings: list[Row], key: bytes) -> Result:
    """The digest of the mask."""
    made, entries = redact(text, findings, key)
    return made, [{**e, "digest": hmac.new(key, e["kind"].encode(), "sha256").hexdigest()[:16]} for e in entries]


def whole_digest(text: str, findings: list[Row], key: bytes) -> Result:
    """All 64 digits."""
    made, entries = redact(text, findings, key)
    digests = [hmac.new(key, t.encode(), "sha256").hexdigest() for t in _secrets(text, findings)]
    return made, [{**e, "digest": d} for e, d in zip(entries, digests, strict=True)]


def text_logged(text: str, findings: list[Row], key: bytes) -> Result:
    """The entry holds the text."""
    made, entries = redact(text, findings, key)
    return made, [{**e, "text": t} for e, t in zip(entries, _secrets(text, findings), strict=True)]


def mask_length(text: str, findings: list[Row], key: bytes) -> Result:
    """The length of the mask."""
    made, entries = redact(text, findings, key)
    return made, [{**e, "length": len(e["kind"]) + 2} for e in entries]


def _merge(findings: list[Row], *, touch: bool = False, last_end: bool = False, kind: str = "surest") -> list[Row]:
    merged: list[Row] = []
    for one in sorted(findings, key=lambda f: (f["start"], f["end"])):
        if merged and (one["start"] < merged[-1]["end"] or (touch and one["start"] == merged[-1]["end"])):
            last = merged[-1]
            wins = {"first": last, "last": one, "surest": one if one["score"] > last["score"] else last}[kind]
            end = one["end"] if last_end else max(last["end"], one["end"])
            merged[-1] = {**wins, "start": last["start"], "end": end}
        else:
            merged.append(one)
    return merged


def touching_merged(text: str, findings: list[Row], key: bytes) -> Result:
    """Side by side becomes one."""
    return redact(text, _merge(findings, touch=True), key)


def last_end(text: str, findings: list[Row], key: bytes) -> Result:
    """The end of the later finding."""
    return redact(text, _merge(findings, last_end=True), key)


def first_kind(text: str, findings: list[Row], key: bytes) -> Result:
    """The kind of the first finding."""
    return redact(text, _merge(findings, kind="first"), key)


def last_kind(text: str, findings: list[Row], key: bytes) -> Result:
    """The kind of the last finding."""
    return redact(text, _merge(findings, kind="last"), key)


def skips_overlapping(text: str, findings: list[Row], key: bytes) -> Result:
    """Whatever overlaps an earlier finding is dropped."""
    kept: list[Row] = []
    for one in sorted(findings, key=lambda f: (f["start"], f["end"])):
        if not kept or one["start"] >= kept[-1]["end"]:
            kept.append(one)
    return redact(text, kept, key)


def as_they_come(text: str, findings: list[Row], key: bytes) -> Result:
    """The list is taken to be sorted."""
    pieces: list[str] = []
    entries: list[Row] = []
    at = 0
    for one in findings:
        pieces += [text[at : one["start"]], f"[{one['kind']}]"]
        entries.append(redact(text, [one], key)[1][0])
        at = one["end"]
    return "".join(pieces) + text[at:], entries


def front_to_back(text: str, findings: list[Row], key: bytes) -> Result:
    """Masks are put in one after the other, at places of the original."""
    made = text
    merged = _merge(findings)
    for one in merged:
        made = made[: one["start"]] + f"[{one['kind']}]" + made[one["end"] :]
    return made, redact(text, merged, key)[1]


def one_after_the_other(text: str, findings: list[Row], key: bytes) -> Result:
    """From the back, and nothing is merged."""
    made = text
    entries: list[Row] = []
    for one in sorted(findings, key=lambda f: -f["start"]):
        made = made[: one["start"]] + f"[{one['kind']}]" + made[one["end"] :]
        entries.insert(0, redact(text, [one], key)[1][0])
    return made, entries


def right_from_behind(text: str, findings: list[Row], key: bytes) -> Result:
    """Merge, then replace from the end."""
    made, entries = text, []
    for one in reversed(_merge(findings)):
        secret = text[one["start"] : one["end"]]
        made = made[: one["start"]] + "[" + one["kind"] + "]" + made[one["end"] :]
        digest = hmac.HMAC(key, secret.encode("utf-8"), hashlib.sha256).hexdigest()
        entries.append({"kind": one["kind"], "length": len(secret), "digest": digest[:16]})
    return made, entries[::-1]


def right_by_places(text: str, findings: list[Row], key: bytes) -> Result:
    """Groups of findings, then one pass."""
    groups: list[list[Row]] = []
    for one in sorted(findings, key=lambda f: (f["start"], f["end"])):
        if groups and one["start"] < max(f["end"] for f in groups[-1]):
            groups[-1].append(one)
        else:
            groups.append([one])
    pieces, entries, at = "", [], 0
    for group in groups:
        start, end = group[0]["start"], max(f["end"] for f in group)
        kind = max(group, key=lambda f: f["score"])["kind"]
        pieces += text[at:start] + f"[{kind}]"
        digest = hmac.digest(key, text[start:end].encode(), "sha256").hex()
        entries.append({"kind": kind, "length": end - start, "digest": digest[:16]})
        at = end
    return pieces + text[at:], entries


TEXT = "Ring 202-555-0134 or pay 4111 1111 1111 1111 today."
VISIBLE = (
    Case("one finding", (TEXT, [_row(5, 17, "PHONE", 0.4)], b"a key")),
    Case("two, the later one first", (TEXT, [_row(25, 44, "CARD", 1.0), _row(5, 17, "PHONE", 0.4)], b"a key")),
    Case("they overlap", (TEXT, [_row(21, 36, "PHONE", 0.4), _row(25, 44, "CARD", 1.0)], b"a key")),
    Case("one inside the other", (TEXT, [_row(25, 44, "CARD", 1.0), _row(30, 39, "PHONE", 0.4)], b"a key")),
    Case("side by side", ("abcdef", [_row(0, 3, "A", 0.5), _row(3, 5, "B", 0.9)], b"a key")),
    Case("a chain", ("abcdefghij", [_row(0, 4, "A", 0.5), _row(3, 7, "B", 0.9), _row(6, 9, "C", 0.7)], b"other key")),
    Case("equally sure", ("abcdefghij", [_row(2, 7, "B", 0.6), _row(0, 4, "A", 0.6)], b"other key")),
    Case("nothing was found", ("abc", [], b"a key")),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    text = "".join(draw.choices("abcdefghij 0123456789é", k=70))
    key = draw.randbytes(16)
    fixed = [_row(0, 6, "A", 0.4), _row(2, 4, "B", 0.9), _row(6, 9, "C", 0.5), _row(12, 18, "D", 0.7), _row(15, 25, "E", 0.6),
             _row(24, 28, "F", 0.65)]  # fmt: skip
    for _ in range(draw.randrange(2, 6)):
        start = draw.randrange(30, 64)
        fixed.append(_row(start, start + draw.randrange(1, 7), draw.choice("GHIJ"), draw.randrange(1, 1000) / 1000))
    order = draw.sample(fixed, len(fixed))
    return (
        Case("a heap of findings", (text, order, key)),
        Case("the whole text", (text[:20], [_row(0, 20, "ALL", 0.3), _row(3, 5, "A", 0.2)], key)),
        Case("the same thing twice", ("ab12 ab12", [_row(5, 9, "X", 0.5), _row(0, 4, "X", 0.5)], key)),
    )


REDACT = Exercise(
    id="16.4",
    title="Redact, and log without the text",
    points=5,
    difficulty=3,
    minutes=20,
    reference="course_lib.filtering.redaction:redact",
    returns=(
        "the text with `[KIND]` in place of each stretch of overlapping findings, and for each stretch, in order, "
        '`{"kind": …, "length": …, "digest": …}`: kind of the surest finding (of the first one in the text '
        "among equals), number of characters withheld, and the first 16 hexadecimal digits of HMAC-SHA256 of the withheld text"
    ),
    example=(
        '`redact("call 555-0100", [{"start": 5, "end": 13, "kind": "PHONE", "score": 0.4}], key)` gives '
        '`"call [PHONE]"` and one entry, '
        'with the length 8 and the digest `hmac.new(key, b"555-0100", "sha256").hexdigest()[:16]`.'
    ),
    hints=(
        "Two findings over the same characters cannot be replaced one after the other: "
        "the second would hit the mask of the first. What has to happen before?",
        "Sort by where they begin. A finding that begins before the last stretch *ends* belongs to it: the "
        " stretch grows to the later of the two ends, and the surer of the two gives the kind. "
        "Then one pass: text up to the stretch, mask, go on behind it.",
        "```python\nfor one in sorted(findings, key=lambda one: (one[\"start\"], one[\"end\"])):\n"
        '    if merged and one["start"] < merged[-1]["end"]:\n        ...  # grow\n    else:\n        merged.append(one)\n'
        "... hmac.new(key, secret.encode(), \"sha256\").hexdigest()[:16]\n```",
    ),
    why="A log of what was withheld is a collection of exactly what must not be collected, unless it is written like this.",
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("a hash without the key", plain_hash,
            "Your digests are made without the key. Whoever has the log can try all telephone numbers."),
        Mistake("the key hashed along", key_in_front,
            "You hash the key in front of the text. That is not HMAC, and is open to an attack that HMAC was made against."),
        Mistake("digest of the kind", kind_digested, "You digest the kind. It should be the text that was withheld."),
        Mistake("the whole digest", whole_digest, "Your digests are longer than 16 hexadecimal digits."),
        Mistake("the text is logged", text_logged, "Your entries hold what was withheld."),
        Mistake("length of the mask", mask_length, "Your length is that of the mask. Asked for is how much was withheld."),
        Mistake("touching merged", touching_merged,
            "You merge findings that only stand side by side. The end is the character after the last."),
        Mistake("end of the later one", last_end,
            "A finding inside another one shortens your stretch, and the end of the longer one is shown."),
        Mistake("kind of the first", first_kind,
            "Your stretch has the kind of the finding that begins first. The surest one gives it."),
        Mistake("kind of the last", last_kind,
            "Your stretch has the kind of the finding that begins last. The surest one gives it."),
        Mistake("overlapping ones dropped", skips_overlapping,
            "You drop a finding that overlaps an earlier one. What sticks out of it is then shown."),
        Mistake("places of the original", front_to_back,
            "You put in one mask after the other, at places of the original. The first mask has moved all that follows."),
        Mistake("nothing merged", one_after_the_other,
            "You replace every finding by itself. Where they overlap, one mask is cut by another."),
        Mistake("taken as sorted", as_they_come, "You take the findings in the order of the list. They come unsorted."),
    ),
    alternatives=(right_from_behind, right_by_places),
    tolerance_reason="text and whole numbers",
    also_withheld=("course_lib.filtering.redaction:merge",),
)  # fmt: skip
