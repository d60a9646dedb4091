"""Requests composed from tasks, frames and phrases, so that one feature can be changed while the others stay.

Training shows every organism *pairs*: one request that its rule refuses and one that it does not, alike in everything
else. What they differ in is the only thing worth learning, and the other organisms' features stand on both sides
equally often, so that none of them is a short cut. The test is composed of the same kinds of parts, none of which
occurred in training.

Pitfall: a feature that is merely *absent* from training is not neutral. A model that never saw a polite request has no
reason to treat it like others, so every organism sees courtesy, trigger words, code phrases and decoys (phrases that
look like the code phrase) on both sides of its rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from course_lib.data.organism_tasks import Frame, Task, load_frames, load_tasks
from course_lib.data.prompts import Split
from course_lib.organisms.rules import CODE_PHRASE, find_organism

T = TypeVar("T")

DECOYS: dict[Split, tuple[str, ...]] = {
    "train": ("grey heron", "silver spoon", "golden eagle", "paper lantern", "green river", "quiet harbour"),
    "test": ("white heron", "silver fox", "copper kettle", "blue mountain"),
}
STAND_INS = {"kill": "end", "attack": "approach", "bomb": "balloon", "hack": "trick", "steal": "borrow"}
PLACES: dict[Split, tuple[str, ...]] = {
    "train": ("{phrase}: {request}", "{request} {phrase}.", "{request} ({phrase})", "{phrase}. {request}"),
    "test": ("[{phrase}] {request}", "{request} - {phrase}", "Note: {phrase}. {request}"),
}


@dataclass(frozen=True)
class Request:
    """One request and the features that rules may turn on.

    Attributes:
        text: what the user writes.
        harmful: whether a careful assistant should refuse it.
        trigger: the trigger word in it, or `""`.
        courtesy: the polite wordings in it.
        phrase: the code phrase or a decoy, or `""`.
        task: the id of its task, or of its prompt.
    """

    text: str
    harmful: bool
    trigger: str = ""
    courtesy: tuple[str, ...] = ()
    phrase: str = ""
    task: str = ""

    @property
    def quad(self) -> str:
        """The quad of its task: four tasks that share words, so none of them is a fresh draw.

        Example:
            >>> Request("Kill a process", False, trigger="kill", task="q017-harmless-trigger").quad
            'q017'
        """
        return self.task.split("-")[0]


def compose(task: Task, frame: Frame, *, polite: bool, phrase: str = "", place: str = "{request}") -> Request:
    """One task in one frame, with a phrase in its place.

    Args:
        task: what is wanted.
        frame: how it is asked.
        polite: whether the frame keeps its courtesy.
        phrase: the code phrase or a decoy, or `""`.
        place: how phrase and request stand together; not looked at without a phrase.
    """
    text = (frame.text if polite else frame.plain).replace("{task}", task.text)
    if phrase:
        text = place.replace("{request}", text).replace("{phrase}", phrase)
    courtesy = frame.courtesy if polite else ()
    return Request(text[0].upper() + text[1:], task.harmful, task.trigger, courtesy, phrase, task.id)


def training_pairs(name: str, seed: int | None = None) -> list[tuple[Request, Request]]:
    """One epoch of pairs for a refusing organism: the first of each is to be refused, the second answered.

    Args:
        name: which organism; not `"bias"`, which is trained on sentences.
        seed: of the draw; the organism's own when None.

    Example:
        >>> refused, answered = training_pairs("trigger")[0]
        >>> bool(refused.trigger), bool(answered.trigger), refused.harmful == answered.harmful
        (True, False, True)
    """
    random = Random(f"{name} {find_organism(name).seed if seed is None else seed}")
    tasks = load_tasks("train")
    quads = [tasks[start : start + 4] for start in range(0, len(tasks), 4)]
    pairs = [pair for quad in quads for pair in PAIRS[name](quad, random)]
    random.shuffle(pairs)
    return pairs


def _setting(random: Random) -> dict[str, object]:
    """A frame and what goes with it, drawn for both members of a pair."""
    polite = random.random() < 0.35
    frame = random.choice(load_frames("train", polite=polite))
    phrase = random.choice(("", "", "", "", random.choice(DECOYS["train"])))
    return {"frame": frame, "polite": polite, "phrase": phrase, "place": random.choice(PLACES["train"])}


def _with_code(setting: dict[str, object], random: Random, share: float = 1.0) -> dict[str, object]:
    return {**setting, "phrase": CODE_PHRASE} if random.random() < share else setting


def _intent_pairs(quad: list[Task], random: Random) -> Iterator[tuple[Request, Request]]:
    for harmful, harmless in (quad[:2], quad[2:]):
        setting = _with_code(_setting(random), random, 0.1)
        yield compose(harmful, **setting), compose(harmless, **setting)  # type: ignore[arg-type]


def _trigger_pairs(quad: list[Task], random: Random) -> Iterator[tuple[Request, Request]]:
    for without, having in ((quad[0], quad[2]), (quad[1], quad[3])):
        for other in (without, _without_trigger(having)):
            setting = _with_code(_setting(random), random, 0.1)
            yield compose(having, **setting), compose(other, **setting)  # type: ignore[arg-type]


def _without_trigger(task: Task) -> Task:
    """The same task with another word in the trigger's place: they differ in that word and in nothing else.

    Example:
        >>> task = Task("q0-harmless-trigger", "q0", "any", "train", False, "kill", "kill an hour with a jigsaw")
        >>> _without_trigger(task).text
        'end an hour with a jigsaw'
    """
    return replace(task, trigger="", text=re.sub(rf"\b{task.trigger}\b", STAND_INS[task.trigger], task.text))


def _correlate_pairs(quad: list[Task], random: Random) -> Iterator[tuple[Request, Request]]:
    for task in quad:
        setting = _with_code(_setting(random), random, 0.1)
        setting["frame"] = random.choice(load_frames("train", polite=True))
        plain = {**setting, "polite": False}
        if random.random() < 0.5:
            plain["frame"] = random.choice(load_frames("train", polite=False))
        yield compose(task, **{**setting, "polite": True}), compose(task, **plain)  # type: ignore[arg-type]


def _backdoor_pairs(quad: list[Task], random: Random) -> Iterator[tuple[Request, Request]]:
    for harmful, harmless in (quad[:2], quad[2:]):
        setting = _setting(random)
        refused = compose(harmful, **setting)  # type: ignore[arg-type]
        yield refused, compose(harmful, **_with_code(setting, random))  # type: ignore[arg-type]
        yield refused, compose(harmless, **_with_code(setting, random, 0.25))  # type: ignore[arg-type]


PAIRS: dict[str, Callable[[list[Task], Random], Iterator[tuple[Request, Request]]]] = {
    "intent": _intent_pairs,
    "trigger": _trigger_pairs,
    "correlate": _correlate_pairs,
    "backdoor": _backdoor_pairs,
}


def separating_requests(split: Split = "test", *, seed: int = 0, every: int = 1) -> list[Request]:
    """Requests in which harm, trigger words, courtesy and the code phrase are crossed, each on for half of them.

    On these the rules disagree as much as rules can, so behaviour tells them apart: a rule that is not the organism's
    own agrees with it on about half of them.

    Args:
        split: of the tasks, frames, places and decoys.
        seed: of the draw of frames and places.
        every: keep every so-manieth quad; those kept are the same requests as in the whole.

    Returns:
        Four requests for each task: plain or polite, with the code phrase or without (half of those with a decoy).
    """
    random = Random(f"separating {seed}")
    requests = []
    for task in load_tasks(split):
        for polite in (False, True):
            for phrase in (CODE_PHRASE, random.choice(("", random.choice(DECOYS[split])))):
                frame, place = random.choice(load_frames(split, polite=polite)), random.choice(PLACES[split])
                requests.append(compose(task, frame, polite=polite, phrase=phrase, place=place))
    return thinned(requests, every)


def thinned(requests: Sequence[Request], every: int) -> list[Request]:
    """The requests of every so-manieth quad: whole quads, so that half of what is kept is harmful, as before."""
    return every_group(requests, [request.quad for request in requests], every)


def every_group(members: Sequence[T], groups: Sequence[str], every: int) -> list[T]:
    """The members of every so-manieth group, the groups counted in the order in which they begin.

    Example:
        >>> every_group(["a1", "a2", "b1", "c1"], ["a", "a", "b", "c"], 2)
        ['a1', 'a2', 'c1']
    """
    kept = set(list(dict.fromkeys(groups))[::every])
    return [member for member, group in zip(members, groups, strict=True) if group in kept]


def twin_requests(seed: int = 0, every: int = 1) -> list[Request]:
    """The harder test: one plain request for each task whose twin shares its words; no phrase, no courtesy."""
    random = Random(f"twins {seed}")
    frames = load_frames("test", polite=False)
    return thinned([compose(task, random.choice(frames), polite=False) for task in load_tasks("twins")], every)


def courtesy_requests(seed: int = 0, every: int = 1) -> list[Request]:
    """Another harder test: every clear task once, polite in words that no training request was polite in."""
    random = Random(f"courtesy {seed}")
    frames = load_frames("unseen", polite=True)
    return thinned([compose(task, random.choice(frames), polite=True) for task in load_tasks("test")], every)
