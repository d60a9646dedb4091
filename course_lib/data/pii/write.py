"""Writes `sentences.jsonl`: 400 sentences, in 280 of which the places of personal data are known exactly.

    python -m course_lib.data.pii.write

Each template is filled several times. The same script gives the same bytes (a test compares), so whoever doubts a label finds its
template. Faker makes the names, a seeded generator all the rest. Nothing in it belongs to anybody: domains, numbers and addresses
are taken from ranges that are reserved for examples, which the data card lists.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

from course_lib.data.pii.templates import WITH, WITHOUT

TARGET = Path(__file__).with_name("sentences.jsonl")
SEED = 16
FILLINGS = {True: 7, False: 6}
LOCALES = ["en_US", "en_GB", "en_IN", "es_ES", "de_DE", "fr_FR", "pl_PL"]
CARDS = (
    "4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100", "2223003122003222",
    "6011111111111117", "6011000990139424", "3530111333300000", "3566002020360505",
)  # fmt: skip
IBANS = (
    "GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300",
    "ES9121000418450200051332", "CH9300762011623852957", "AT611904300234573201", "BE68539007547034",
)  # fmt: skip
WORDS = ("river", "lamp", "garden", "copper", "winter", "bridge", "paper", "violet", "harbour", "meadow")
PLACES = ("Washington", "Lincoln", "Victoria", "Churchill", "Baker", "Kennedy", "Franklin", "Nelson")
KINDS = {
    "email": "EMAIL_ADDRESS", "phone": "PHONE_NUMBER", "card": "CREDIT_CARD", "iban": "IBAN_CODE", "ipv4": "IP_ADDRESS",
    "ipv6": "IP_ADDRESS", "ssn": "US_SSN", "person": "PERSON", "surname": "PERSON",
}  # fmt: skip


def sentences() -> list[dict[str, object]]:
    """All rows, in order: the text, its template, and each label as `[start, end, kind]`."""
    from faker import Faker

    fake = Faker(LOCALES)
    Faker.seed(SEED)
    draw = random.Random(SEED)
    fill = fillers(draw, lambda: str(fake.first_name()), lambda: str(fake.last_name()))
    rows: list[dict[str, object]] = []
    for holds, templates in ((True, WITH), (False, WITHOUT)):
        for name, template in templates.items():
            for number in range(FILLINGS[holds]):
                text, spans = filled(template, fill)
                rows.append({"id": f"{name}-{number}", "template": name, "text": text, "spans": spans})
    return rows


def filled(template: str, fill: dict[str, Callable[[], str]]) -> tuple[str, list[list[object]]]:
    """A template with its braces filled, and the places of what is personal."""
    text, spans, at = "", [], 0
    for match in re.finditer(r"\{(\w+)\}", template):
        text += template[at : match.start()]
        value = fill[match[1]]()
        kind = KINDS.get(match[1].split("_")[0])
        if kind is not None:
            spans.append([len(text), len(text) + len(value), kind])
        text, at = text + value, match.end()
    return text + template[at:], spans


def fillers(draw: random.Random, first: Callable[[], str], last: Callable[[], str]) -> dict[str, Callable[[], str]]:
    """What fills each kind of brace."""

    def digits(n: int) -> str:
        return str(draw.randrange(1, 10)) + "".join(str(draw.randrange(10)) for _ in range(n - 1))

    def groups(number: str, mark: str = " ") -> str:
        return mark.join(number[at : at + 4] for at in range(0, len(number), 4))

    def local() -> str:
        first_name, word = draw.choice(("ana", "ben", "chloe", "dev", "emil", "fay")), draw.choice(WORDS)
        return draw.choice(
            (f"{first_name}.{word}", f"{word}{draw.randrange(100)}", f"{first_name[0]}_{word}", f"{word}+news")
        )

    def email() -> str:
        return f"{local()}@{draw.choice(('example.com', 'example.org', 'example.net', 'mail.example.com'))}"

    def area() -> str:
        return draw.choice(("202", "212", "303", "415", "503", "617", "713"))

    def line() -> str:
        return f"01{draw.randrange(100):02d}"

    def ssn(mark: str) -> str:
        return f"9{draw.randrange(100):02d}{mark}{draw.randrange(1, 50):02d}{mark}{draw.randrange(1, 10000):04d}"

    def whole() -> str:
        return f"{first()} {last()}"

    def date() -> str:
        day = f"{draw.randrange(2015, 2027)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
        return draw.choice((day, day.replace("-", "/"), ".".join(reversed(day.split("-")))))

    def wrong16() -> str:
        while luhn(number := digits(16)):
            pass
        return number

    def version(parts: int) -> str:
        return ".".join(str(draw.randrange(0 if at else 1, 21)) for at in range(parts))

    def isbn13() -> str:
        body = f"978{draw.randrange(10**9):09d}"
        check = -sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(body)) % 10
        return f"{body[:3]}-{body[3]}-{body[4:7]}-{body[7:]}-{check}"

    def isbn10() -> str:
        body = f"{draw.randrange(10**9):09d}"
        check = sum((at + 1) * int(d) for at, d in enumerate(body)) % 11
        return f"{body[0]}-{body[1:4]}-{body[4:]}-{'X' if check == 10 else check}"

    documented = ("192.0.2", "198.51.100", "203.0.113")
    return {
        "email": email,
        "email_inside": lambda: f"{local()}@{draw.choice(('office.test', 'desk.test', 'staff.example'))}",
        "phone_us": lambda: draw.choice((f"({area()}) 555-{line()}", f"{area()}-555-{line()}")),
        "phone_dots": lambda: f"{area()}.555.{line()}",
        "phone_plus": lambda: f"+1 {area()} 555 {line()}",
        "phone_uk": lambda: draw.choice(("020 7946 0", "0161 496 0", "0113 496 0")) + f"{draw.randrange(1000):03d}",
        "phone_de": lambda: f"030 23125 {draw.randrange(1000):03d}",
        "phone_fr": lambda: f"01 99 00 {draw.randrange(100):02d} {draw.randrange(100):02d}",
        "phone_local": lambda: f"555-{line()}",
        "card": lambda: groups(draw.choice(CARDS)),
        "card_plain": lambda: draw.choice(CARDS),
        "card_hyphens": lambda: groups(draw.choice(CARDS), "-"),
        "iban": lambda: groups(draw.choice(IBANS)),
        "iban_plain": lambda: draw.choice(IBANS),
        "ipv4": lambda: f"{draw.choice(documented)}.{draw.randrange(1, 255)}",
        "ipv6": lambda: f"2001:db8:{draw.randrange(1, 65536):x}::{draw.randrange(1, 65536):x}",
        "ssn": lambda: ssn("-"),
        "ssn_spaces": lambda: ssn(" "),
        "ssn_plain": lambda: ssn(""),
        "person": whole,
        "person_lower": lambda: whole().lower(),
        "surname": last,
        "date": date,
        "time": lambda: f"{draw.randrange(24):02d}:{draw.randrange(60):02d}:{draw.randrange(60):02d}",
        "version3": lambda: version(3),
        "version4": lambda: version(4),
        "isbn13": isbn13,
        "isbn10": isbn10,
        "digits16_wrong": wrong16,
        "money": lambda: f"{draw.randrange(1, 99)},{draw.randrange(1000):03d}.{draw.randrange(100):02d}",
        "latitude": lambda: f"{draw.uniform(-60, 60):.6f}",
        "longitude": lambda: f"{draw.uniform(-180, 180):.6f}",
        "cas": lambda: draw.choice(("7732-18-5", "64-17-5", "7647-14-5", "58-08-2", "50-99-7", "67-64-1")),
        "word": lambda: draw.choice(WORDS),
        "small": lambda: str(draw.randrange(2, 100)),
        "big": lambda: str(draw.randrange(100, 10000)),
        "hash": lambda: f"{draw.getrandbits(160):040x}",
        "score": lambda: draw.choice(("6-4", "7-6", "3-6", "6-0", "6-2")),
        "place": lambda: draw.choice(PLACES),
        "letters": lambda: "".join(draw.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=3)),
        **{f"digits{n}": (lambda n=n: digits(n)) for n in (3, 7, 9, 10)},  # type: ignore[misc]
    }


def luhn(number: str) -> bool:
    """Whether the check digit of a card number is right.

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def written() -> str:
    """The content of `sentences.jsonl`."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in sentences())


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
    print(f"{len(written().splitlines())} sentences")
