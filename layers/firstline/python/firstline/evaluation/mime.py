"""Task ``mime``: mails read without error and with their text decoded, beside the standard library."""

from __future__ import annotations

import email
import random
import re
import time
from collections.abc import Callable
from email.errors import MessageError
from email.policy import default
from pathlib import Path

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.result import EvaluationResult, Progress

_MISREAD_UTF8 = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{1,3}"
)
"""What letters of UTF-8 look like where they were read as windows-1252, or as ISO-8859-1."""
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_MIXED_CASE = re.compile("[\u0430-\u045f][\u0400-\u042f]")
_FEW = 0.05
_ENCODED = re.compile(r"(?:=[0-9A-F]{2}){3}|[^=\s]=\n|^[A-Za-z0-9+/]{76}\n[A-Za-z0-9+/]{76}$", re.M)

_FAILURES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MessageError)
"""What readers of mail are known to fail with."""

Reader = Callable[[bytes], str]


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score every ``*.eml`` and ``*.txt`` below a folder; ``index.jsonl`` of {file, contains} where it is there.

    Returns
    -------
    EvaluationResult
        ``exceptions``: mails whose reading failed. ``decoded``: share of the mails that have text which holds no
        replacement characters, no surrogates, no control characters, no letters of another charset and no transfer
        encoding. ``without_text``: mails without any text, which are not decoded; each is named in the notes.
        ``contains``: share of the expected pieces found.

    Raises
    ------
    InvalidDataError
        There is no mail, or the index does not fit.
    """
    began = time.perf_counter()
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".eml", ".txt") and path.is_file())
    if not files:
        raise InvalidDataError(folder, 0, "no .eml and no .txt file")
    if limit is not None and limit < len(files):
        files = sorted(random.Random(seed).sample(files, limit))  # noqa: S311 - a sample, no secret
    expected = _expected(folder)
    notes: list[str] = []
    ours = _scores(folder, files, expected, lambda raw: parse_mail(raw).text, progress, notes)
    peer = _scores(folder, files, expected, _standard, progress, [])
    return {
        "task": "mime",
        "data": folder.name,
        "n": len(files),
        "seconds": round(time.perf_counter() - began, 3),
        "ours": ours,
        "peers": {"standard library": peer},
        "notes": notes,
    }


def _expected(folder: Path) -> dict[Path, list[str]]:
    index = folder / "index.jsonl"
    if not index.exists():
        return {}
    found = {}
    for number, row in rows(index):
        pieces = row.get("contains", [])
        if not isinstance(row.get("file"), str) or not isinstance(pieces, list):
            raise InvalidDataError(index, number, "file is missing, or contains is no list")
        found[folder / row["file"]] = [str(piece) for piece in pieces]
    return found


def _scores(
    folder: Path,
    files: list[Path],
    expected: dict[Path, list[str]],
    read: Reader,
    progress: Progress,
    notes: list[str],
) -> dict[str, float]:
    exceptions = decoded = found = 0
    without = []
    for done, path in enumerate(files, start=1):
        try:
            text = read(path.read_bytes())
        except _FAILURES as error:
            exceptions += 1
            notes.append(f"{path.relative_to(folder)}: {type(error).__name__}")
            continue
        decoded += _is_decoded(text)
        found += sum(piece in text for piece in expected.get(path, ()))
        if not text.strip():
            without.append(str(path.relative_to(folder)))
        progress("mails read", done, len(files))
    notes += [f"no text: {name}" for name in without]
    scores: dict[str, float] = {"exceptions": exceptions, "decoded": round(decoded / len(files), 4)}
    scores["without_text"] = len(without)
    pieces = sum(len(expected.get(path, ())) for path in files)
    if pieces:
        scores["contains"] = round(found / pieces, 4)
    return scores


def _is_decoded(text: str) -> bool:
    if not text.strip() or "\ufffd" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return False
    return _CONTROLS.search(text) is None and _ENCODED.search(text) is None and not _is_misread(text)


def _is_misread(text: str) -> bool:
    """Return whether a text was read by another charset than it was written in, as far as its letters tell.

    UTF-8 read as single bytes makes letters that are UTF-8 again; another script read as Cyrillic puts capitals
    within words.
    """
    if any(_is_utf8(match[0]) for match in _MISREAD_UTF8.finditer(text)):
        return True
    n_cyrillic = len(_CYRILLIC.findall(text))
    return len(_MIXED_CASE.findall(text)) > max(1.0, _FEW * n_cyrillic)


def _is_utf8(letters: str) -> bool:
    """Return whether letters, as bytes of windows-1252, begin a character of UTF-8."""
    content = b"".join(letter.encode("latin-1") if ord(letter) < 256 else letter.encode("cp1252") for letter in letters)
    for length in range(2, len(content) + 1):
        try:
            content[:length].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False


def _standard(raw: bytes) -> str:
    body = email.message_from_bytes(raw, policy=default).get_body(("plain", "html"))
    return str(body.get_content()) if body is not None else ""
