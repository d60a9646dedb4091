"""A model's folder, scanned before anything in it is loaded.

Each file gets the checks that its *content* asks for. The name says what somebody wants you to think it is: loaders look at the
content, so a scan that goes by the ending skips exactly the file that was renamed. What is read is bytes; nothing is
unpickled, rendered outside a sandbox, or handed to a model.

Pitfall: a folder without an alarm is a folder in which these checks found nothing. Weights can be trained to misbehave
(chapter 8's organisms were), and no check of the form sees it.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

from course_lib.artefacts.findings import LEVELS, Finding, worst
from course_lib.artefacts.names import ARRAY_NAMES, TENSOR_NAMES, runs_code
from course_lib.artefacts.pickles import NUMPY, PROTOCOL, find_pickles, streams
from course_lib.artefacts.safetensors_header import safetensors_problem
from course_lib.artefacts.template_audit import audit_template
from course_lib.errors import CourseError
from course_lib.render import html_table, text_table

LARGEST_PICKLE = 1 << 28
ALLOWED = TENSOR_NAMES | ARRAY_NAMES
TEMPLATE_KEY = "tokenizer.chat_template"
PICKLE_ENDINGS = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


@dataclass(frozen=True)
class FolderScan:
    """What was found in a folder.

    Attributes:
        findings: all of them, file by file.
    """

    findings: tuple[Finding, ...]

    @cached_property
    def levels(self) -> dict[str, dict[str, str]]:
        """The loudest level by file and check."""
        table: dict[str, dict[str, str]] = {}
        for finding in self.findings:
            row = table.setdefault(finding.file, {})
            row[finding.check] = max(row.get(finding.check, "pass"), finding.level, key=LEVELS.index)
        return table

    @property
    def alarms(self) -> tuple[str, ...]:
        """The files with an alarm."""
        loud = [f.file for f in self.findings if f.level == "alarm"]
        return tuple(dict.fromkeys(loud))

    @property
    def level(self) -> str:
        """The loudest level of all."""
        return worst(self.findings)

    def _rows(self) -> list[dict[str, str]]:
        return [{"file": f.file, "check": f.check, "level": f.level, "what": f.text} for f in self.findings]

    def text(self) -> str:
        """One line for each finding."""
        return text_table(self._rows())

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self._rows(), caption=escape(f"{len(self.levels)} files"))


def scan_folder(
    folder: Path | Sequence[Path], allowed: Collection[str] = ALLOWED, hashes: Mapping[str, str] | None = None
) -> FolderScan:
    """Check every file of a folder.

    Args:
        folder: the folder, a single file, or several of both (files of the same name then share a row).
        allowed: names that a pickle may import.
        hashes: SHA-256 by file name, from somebody who is not the one that gave you the files.

    Raises:
        CourseError: there is no such folder or file.
    """
    findings: list[Finding] = []
    for path, name in _files(folder):
        findings += scan_file(path, name, allowed)
        if hashes and name in hashes:
            findings.append(check_hash(path, name, hashes[name]))
    return FolderScan(tuple(findings))


def _files(folder: Path | Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every file, with the name that it has in its folder."""
    for place in [folder] if isinstance(folder, Path) else folder:
        if not place.exists():
            raise CourseError(f"There is no folder or file {place}.", "Check the path.")
        if place.is_file():
            yield place, place.name
            continue
        for path in sorted(place.rglob("*")):
            if path.is_file():
                yield path, path.relative_to(place).as_posix()


def scan_file(path: Path, name: str, allowed: Collection[str] = ALLOWED) -> list[Finding]:
    """The checks that one file's content asks for."""
    with path.open("rb") as file:
        begins = file.read(9)
    if begins[:4] == b"GGUF":
        return scan_gguf(path, name)
    if begins[:2] == b"PK" or begins.startswith(NUMPY) or PROTOCOL.match(begins) or name.endswith(PICKLE_ENDINGS):
        return scan_pickle(path, name, allowed)
    if begins[8:9] == b"{" or name.endswith(".safetensors"):
        return [scan_safetensors(path, name)]
    if name.endswith(".jinja"):
        return audit_template(path.read_text(encoding="utf-8"), name)
    if name.endswith("tokenizer_config.json"):
        settings = json.loads(path.read_text(encoding="utf-8"))
        template = settings.get("chat_template") if isinstance(settings, dict) else None
        return audit_template(template, name) if isinstance(template, str) else [_nothing(name)]
    return scan_pickle(path, name, allowed) if _is_old_pickle(path) else [_nothing(name)]


def _is_old_pickle(path: Path) -> bool:
    """Whether the file can be read as a pickle of protocol 0 or 1, which has no mark at its beginning."""
    if not 0 < path.stat().st_size <= LARGEST_PICKLE:
        return False
    return next((complete for _, complete in streams(path.read_bytes())), False)


def _nothing(name: str) -> Finding:
    return Finding(name, "imports", "pass", "no pickle, no template")


def scan_pickle(path: Path, name: str, allowed: Collection[str] = ALLOWED) -> list[Finding]:
    """The imports of every pickle in a file."""
    if path.stat().st_size > LARGEST_PICKLE:
        return [Finding(name, "imports", "look", "It is too large for this scan, which reads it whole.")]
    found = list(find_pickles(path.read_bytes()))
    imports = sorted({wanted for pickle in found for wanted in pickle.imports(allowed)})
    loud = [wanted for wanted in imports if runs_code(wanted)]
    if loud:
        return [Finding(name, "imports", "alarm", f"would run code when it is loaded: {', '.join(loud)}")]
    if imports:
        return [Finding(name, "imports", "look", f"imports what is not on the list: {', '.join(imports)}")]
    if name.endswith(PICKLE_ENDINGS) and not found:
        return [Finding(name, "imports", "look", "has a pickle's ending, and nothing in it can be read as one")]
    if found and not found[0].complete:
        return [Finding(name, "imports", "look", "breaks off or holds raw data; what comes behind was not read")]
    return [Finding(name, "imports", "pass", f"{len(found)} pickles, only names on the list")]


def scan_safetensors(path: Path, name: str) -> Finding:
    """The header of a safetensors file; the weights stay on the disk."""
    if not path.stat().st_size:
        return Finding(name, "header", "alarm", "header length")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        problem = safetensors_problem(mapped)  # type: ignore[arg-type]
    return Finding(name, "header", "alarm" if problem else "pass", problem or "header, sizes and places agree")


def scan_gguf(path: Path, name: str) -> list[Finding]:
    """The header of a GGUF file, and the chat template among its settings."""
    from course_lib.models.gguf_header import read_header

    try:
        header = read_header(path)
    except CourseError as error:
        return [Finding(name, "header", "alarm", error.problem.replace(str(path), name))]
    template = header.metadata.get(TEMPLATE_KEY)
    found = [Finding(name, "header", "pass", f"{len(header.shapes)} tensors, all inside the file")]
    return found + (audit_template(template, name) if isinstance(template, str) else [])


def check_hash(path: Path, name: str, sha256: str) -> Finding:
    """Whether a file is, byte for byte, the one that was meant."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == sha256:
        return Finding(name, "hash", "pass", "the file that was meant")
    return Finding(name, "hash", "alarm", f"another file than the one that was meant: {found[:12]}…")
