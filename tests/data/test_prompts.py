"""The prompts are data, and data break silently: a lost line, a twin in the wrong split, a word that gives it away."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter

import pytest

from course_lib.data import prompts as module
from course_lib.data.prompts import CATEGORIES, KINDS, PROMPTS_FILE, SPLITS, Prompt, load_prompts, prompt_pairs
from course_lib.data.word_baselines import WordBaseline, word_baselines
from course_lib.errors import CourseError
from course_lib.rates import Rate

CARD = PROMPTS_FILE.with_name("DATA_CARD.md").read_text(encoding="utf-8")


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


# What the card promises to leave out, as far as single words can show it.
KEPT_OUT = set(
    words("""
    child children kid kids boy boys girl girls teen teens teenager teenagers toddler baby babies pupil pupils minors
    sex sexual sexy nude naked porn rape suicide genocide
    anthrax ricin sarin cyanide arsenic chlorine ammonia bleach nitrate thermite uranium plutonium nuclear
    heroin cocaine meth methamphetamine fentanyl opium ketamine ecstasy lsd cannabis
    google facebook twitter instagram whatsapp amazon microsoft apple netflix paypal bitcoin
    """)
)


@pytest.fixture(scope="module")
def baselines() -> dict[str, dict[str, WordBaseline]]:
    return {kind: {b.name: b for b in word_baselines(load_prompts(), kind)} for kind in ("harmless", "lookalike")}


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """A function that puts changed lines in the place of the shipped file."""

    def put(lines: list[str]) -> None:
        path = tmp_path / "prompts.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr(module, "PROMPTS_FILE", path)

    return put


SHIPPED = PROMPTS_FILE.read_text(encoding="utf-8").splitlines()


# ---- what is there


def test_counts_are_those_of_the_card() -> None:
    counts = Counter((p.split, p.kind) for p in load_prompts())
    for split in SPLITS:
        row = " | ".join(str(counts[split, kind]) for kind in KINDS)
        assert f"| {split} | {row} |" in CARD
    assert f"{len(load_prompts())} short English requests in {len(prompt_pairs())} pairs" in CARD
    assert len(prompt_pairs()) >= 300
    assert len(load_prompts("lookalike")) >= 120


def test_categories_are_counted_in_the_card() -> None:
    counts = Counter((p.category, p.split, p.kind) for p in load_prompts())
    rows = {cells[0]: cells[3:] for cells in map(card_cells, CARD.splitlines()) if cells and cells[0] in CATEGORIES}
    assert set(rows) == set(CATEGORIES)
    for category, shown in rows.items():
        expected = [counts[category, split, kind] for kind in ("harmful", "lookalike") for split in SPLITS]
        assert [int(cell) for cell in shown] == expected, category
        assert min(expected) >= 1, f"{category} is missing from a split"


def card_cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def test_an_id_names_its_pair_and_kind() -> None:
    assert all(p.id == f"{p.pair}-{p.kind}" for p in load_prompts())


def test_ids_keep_their_texts() -> None:
    """Adapters and results refer to ids. Whoever changes a text changes the card's version and this digest knowingly."""
    digest = hashlib.sha256("\n".join(f"{p.id}\t{p.text}" for p in load_prompts()).encode()).hexdigest()
    assert "version 1:" in CARD
    assert digest == "c83c69d3d926201d1a013237b3cd72d7c245158c732f13675ddbc1acff538a95"


def test_selecting_by_kind_and_split_partitions_the_file() -> None:
    parts = [load_prompts(kind, split) for kind in KINDS for split in SPLITS]
    assert sorted(p.id for part in parts for p in part) == sorted(p.id for p in load_prompts())
    assert all(p.kind == "lookalike" and p.split == "test" for p in load_prompts("lookalike", "test"))


def test_every_harmful_prompt_has_its_twin_first_harmful_then_harmless() -> None:
    for split in (None, *SPLITS):
        pairs = prompt_pairs(split)
        assert [a.id for a, _ in pairs] == [p.id for p in load_prompts("harmful", split)]
        assert all((a.kind, b.kind) == ("harmful", "harmless") and a.pair == b.pair for a, b in pairs)


def test_a_caller_cannot_spoil_the_list_for_the_next_one() -> None:
    load_prompts().clear()
    assert load_prompts()


def test_no_pair_lies_in_both_splits() -> None:
    assert not {p.pair for p in load_prompts(split="train")} & {p.pair for p in load_prompts(split="test")}


# ---- how the texts are made


def test_no_text_occurs_twice() -> None:
    seen = Counter(" ".join(words(p.text)) for p in load_prompts())
    assert [text for text, count in seen.items() if count > 1] == []


def test_texts_are_single_plain_lines() -> None:
    for p in load_prompts():
        assert p.text.isascii(), p.id
        assert p.text == " ".join(p.text.split()), p.id
        assert p.text[-1] in ".?!", p.id
        assert 5 <= len(p.text.split()) <= 25, p.id


def test_twins_differ_by_at_most_two_words_in_length() -> None:
    gaps = {a.pair: len(a.text.split()) - len(b.text.split()) for a, b in prompt_pairs()}
    assert {pair: gap for pair, gap in gaps.items() if abs(gap) > 2} == {}


def test_twins_share_words() -> None:
    """Most of a pair's words are common to both; a pair that shares nothing would be no pair."""
    shares = {}
    for a, b in prompt_pairs():
        left, right = set(words(a.text)), set(words(b.text))
        shares[a.pair] = len(left & right) / len(left | right)
    assert min(shares.values()) > 0.15, min(shares, key=shares.__getitem__)
    assert sorted(shares.values())[len(shares) // 2] > 0.5


def test_no_opening_is_a_template() -> None:
    openings = Counter(tuple(words(a.text)[:4]) for a, _ in prompt_pairs())
    assert openings.most_common(1)[0][1] <= 6


def test_what_is_kept_out_is_out() -> None:
    hits = {p.id: sorted(set(words(p.text)) & KEPT_OUT) for p in load_prompts()}
    assert {prompt_id: found for prompt_id, found in hits.items() if found} == {}


def test_the_test_split_has_other_words_and_forms() -> None:
    def vocabulary(split: str) -> set[str]:
        return {word for p in load_prompts() if p.split == split for word in words(p.text)}

    train, test = vocabulary("train"), vocabulary("test")
    share = round(100 * len(test - train) / len(test))
    first = {p.text.split()[0].lower() for p in load_prompts("harmful", "train")}
    known = sum(p.text.split()[0].lower() in first for p in load_prompts("harmful", "test"))
    flat = " ".join(CARD.split())
    assert f"{share} % of the distinct words of the test split" in flat
    assert f"{known} of 100 harmful test requests begin with a word" in flat


# ---- what words give away


def test_counting_words_stays_below_the_bound_of_the_card(baselines) -> None:
    bound = re.search(r"pairs kept together, harmful against harmless: at most (0\.\d+)\.", CARD)
    assert bound is not None
    assert baselines["harmless"]["words"].together.value <= float(bound[1]) <= 0.65


@pytest.mark.parametrize("name", ["length (words, characters)", "first word"])
def test_length_and_first_word_tell_nothing(baselines, name: str) -> None:
    rate = baselines["harmless"][name].together
    assert rate.low <= 0.5 <= rate.high


def test_the_card_shows_what_is_measured(baselines) -> None:
    """Same rows, same order. Counts may differ by three: a score next to zero falls on either side in another BLAS."""
    shown = [line for line in CARD.splitlines() if re.search(r" (together|apart|right|test) +\d+ of \d+ = ", line)]
    measured = [
        line for kind in ("harmless", "lookalike") for b in baselines[kind].values() for line in b.text().splitlines()
    ]
    assert len(shown) == len(measured) == 48
    for card_line, line in zip(shown, measured, strict=True):
        (card_label, *card_counts), (label, *counts) = map(split_rate, (card_line, line))
        assert card_label == label
        assert all(abs(a - b) <= 3 for a, b in zip(card_counts, counts, strict=True)), f"card: {card_line}\nnow: {line}"
        assert card_line.endswith(Rate(*card_counts).text())


def split_rate(line: str) -> tuple[str, int, int]:
    match = re.fullmatch(r"(.*\S) +(\d+) of (\d+) = .*", line)
    assert match is not None, line
    return match[1], int(match[2]), int(match[3])


def test_a_word_that_gives_it_away_is_found() -> None:
    """The measure itself: with one tell-tale word per harmful text it must jump, or the bound above means nothing."""
    marked = [
        Prompt(p.id, p.pair, p.kind, p.category, p.split, f"{p.text} Secretly." if p.kind == "harmful" else p.text)
        for p in load_prompts()
    ]
    found = {b.name: b for b in word_baselines(marked)}
    assert found["words"].together.value > 0.95
    assert found["words"].ordered.value > 0.95
    assert found["first word"].together.value < 0.6


# ---- damage


def test_unknown_kind_and_split_name_the_choices() -> None:
    with pytest.raises(CourseError, match=r"no kind 'benign'.*'harmful', 'harmless', 'lookalike'"):
        load_prompts("benign")  # type: ignore[arg-type]
    with pytest.raises(CourseError, match=r"no split 'dev'.*'train', 'test'"):
        prompt_pairs("dev")  # type: ignore[arg-type]


def changed(line: int, **values: object) -> list[str]:
    row = {**json.loads(SHIPPED[line]), **values}
    return [*SHIPPED[:line], json.dumps({k: v for k, v in row.items() if v is not None}), *SHIPPED[line + 1 :]]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        pytest.param([], "the file is empty", id="empty"),
        pytest.param([*SHIPPED[:9], SHIPPED[9][:40]], "line 10: this is no JSON", id="cut off"),
        pytest.param([*SHIPPED[:2], "7"], "line 3: expected text for each of", id="not an object"),
        pytest.param(changed(4, text=None), "line 5: expected text for each of", id="field lost"),
        pytest.param(changed(4, text=7), "line 5: expected text for each of", id="text is a number"),
        pytest.param(changed(4, note="x"), "line 5: expected text for each of", id="field too many"),
        pytest.param(changed(4, kind="benign"), "line 5: unknown kind 'benign'", id="kind"),
        pytest.param(changed(4, split="dev"), "line 5: unknown split 'dev'", id="split"),
        pytest.param(changed(4, category="misc"), "line 5: unknown category 'misc'", id="category"),
        pytest.param([*SHIPPED, SHIPPED[0]], "the id 'p001-harmful' occurs 2 times", id="line twice"),
        pytest.param(SHIPPED[1:], "pair 'p001' consists of harmless, lookalike", id="line lost"),
        pytest.param(changed(1, split="test"), "pair 'p001' lies in two splits", id="twins in two splits"),
    ],
)
def test_damage_is_named_with_its_remedy(damaged, lines: list[str], sentence: str) -> None:
    damaged(lines)
    with pytest.raises(CourseError, match=re.escape(sentence)) as caught:
        load_prompts()
    assert "Restore the file" in caught.value.remedy


def test_a_missing_file_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "PROMPTS_FILE", tmp_path / "gone.jsonl")
    with pytest.raises(CourseError, match=r"cannot be read from .*gone\.jsonl"):
        load_prompts()


def test_main_prints_counts_and_both_tables(capsys, monkeypatch, baselines) -> None:
    measured = "course_lib.data.word_baselines.word_baselines"
    monkeypatch.setattr(measured, lambda prompts, against: list(baselines[against].values()))
    module.main()
    out = capsys.readouterr().out
    assert "train: 201 harmful, 201 harmless, 107 lookalike" in out
    for against in ("harmless", "lookalike"):
        table = "\n".join(b.text() for b in baselines[against].values())
        assert f"harmful against {against}\n{table}\n" in out
