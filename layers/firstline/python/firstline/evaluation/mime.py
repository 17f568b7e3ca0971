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

_ENCODED = re.compile(r"(?:=[0-9A-F]{2}){3}|[^=\s]=\n|^[A-Za-z0-9+/]{76}\n[A-Za-z0-9+/]{76}$", re.M)

_FAILURES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MessageError)
"""What readers of mail are known to fail with."""

Reader = Callable[[bytes], str]


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score every ``*.eml`` and ``*.txt`` below a folder; ``index.jsonl`` of {file, contains} where it is there.

    Returns
    -------
    EvaluationResult
        ``exceptions``: mails whose reading failed. ``decoded``: share of the mails whose text holds no replacement
        characters, no surrogates and no transfer encoding. ``contains``: share of the expected pieces found.

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
    pieces = sum(len(expected.get(path, ())) for path in files)
    if pieces:
        scores["contains"] = round(found / pieces, 4)
    return scores


def _is_decoded(text: str) -> bool:
    broken = "\ufffd" in text or any("\ud800" <= character <= "\udfff" for character in text)
    return not broken and _ENCODED.search(text) is None


def _standard(raw: bytes) -> str:
    body = email.message_from_bytes(raw, policy=default).get_body(("plain", "html"))
    return str(body.get_content()) if body is not None else ""
