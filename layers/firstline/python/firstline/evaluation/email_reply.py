"""Task ``email_reply``: what of a mail is new, beside two parsers of replies."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from firstline.adapters.mail_html_text import html_text
from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.result import EvaluationResult, Progress

KINDS = ("text/plain", "text/html", "message/rfc822")


@dataclass(frozen=True)
class Case:
    """A body and what of it is new."""

    kind: str
    body: str
    reply: str


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``cases.jsonl`` of {id, content_type, body, reply}.

    Returns
    -------
    EvaluationResult
        ``exact``: share of cases whose text is right, line ends and spaces at line ends aside. ``line_f1``: F1 over
        the lines of all cases that are not blank. Peers get the same text that our reader makes of html and of whole
        mails.

    Raises
    ------
    InvalidDataError
        A row does not fit.
    """
    began = time.perf_counter()
    cases = list(_cases(folder / "cases.jsonl"))
    if limit is not None and limit < len(cases):
        cases = random.Random(seed).sample(cases, limit)  # noqa: S311 - a sample, no secret
    texts = []
    for done, case in enumerate(cases, start=1):
        texts.append(_text(case))
        progress("mails read", done, len(cases))
    expected = [case.reply for case in cases]
    notes = []
    peers = {}
    for name, module, parse in _PEERS:
        try:
            reply = parse(import_module(module))
        except ModuleNotFoundError:
            notes.append(f"{name} is not installed")
            continue
        peers[name] = _scores(expected, [reply(text) for text in texts])
    ours = _scores(expected, [reply_text(text).text for text in texts])
    return {
        "task": "email_reply",
        "data": folder.name,
        "n": len(cases),
        "seconds": round(time.perf_counter() - began, 3),
        "ours": ours,
        "peers": peers,
        "notes": notes,
    }


def _cases(path: Path) -> Iterator[Case]:
    for number, row in rows(path):
        kind = row.get("content_type", "text/plain")
        if kind not in KINDS:
            raise InvalidDataError(path, number, f"content_type must be one of {', '.join(KINDS)}")
        if not isinstance(row.get("body"), str) or not isinstance(row.get("reply"), str):
            raise InvalidDataError(path, number, "body or reply is missing or no text")
        yield Case(kind, row["body"], row["reply"])


def _text(case: Case) -> str:
    if case.kind == "text/html":
        return html_text(case.body)
    if case.kind == "message/rfc822":
        return parse_mail(case.body.encode("utf-8", "surrogateescape")).text
    return case.body


def _scores(expected: list[str], found: list[str]) -> dict[str, float]:
    exact = sum(_lines(want) == _lines(got) for want, got in zip(expected, found, strict=True))
    wanted = got_lines = right = 0
    for want, got in zip(expected, found, strict=True):
        lines, others = Counter(filter(None, _lines(want))), Counter(filter(None, _lines(got)))
        wanted, got_lines, right = wanted + lines.total(), got_lines + others.total(), right + (lines & others).total()
    return {
        "exact": round(exact / len(expected), 4),
        "line_f1": round(2 * right / (wanted + got_lines), 4) if wanted + got_lines else 1.0,
    }


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _mail_parser_reply(module: object) -> Callable[[str], str]:
    parser = module.EmailReplyParser(languages=["en", "de", "fr", "es", "it", "nl", "pl", "sv", "ja"])  # type: ignore[attr-defined]
    return lambda text: str(parser.parse_reply(text=text) or "")


def _email_reply_parser(module: object) -> Callable[[str], str]:
    return lambda text: str(module.EmailReplyParser.parse_reply(text))  # type: ignore[attr-defined]


_PEERS = (
    ("mail-parser-reply", "mailparser_reply", _mail_parser_reply),
    ("email-reply-parser", "email_reply_parser", _email_reply_parser),
)
