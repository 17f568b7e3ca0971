"""Task ``email_gate``: bounces, complaints and automatic replies told from ordinary mail, beside headers alone."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.gate import judge
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.verdict import GateReason, GateVerdict, Verdict
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.result import EvaluationResult, Progress

LABELS = ("bounce", "auto_reply", "complaint", "ordinary", "unlabelled")
STOPPED = frozenset(
    {Verdict.BOUNCE_PERMANENT, Verdict.BOUNCE_TEMPORARY, Verdict.AUTO_REPLY, Verdict.IGNORE, Verdict.LOOP, Verdict.SPAM}
)
"""What gets no answer and opens no ticket."""

Kind = Callable[[ParsedMail], str]


def evaluate(folder: Path, embedder: Embedder, *, limit: int | None, seed: int, progress: Progress) -> EvaluationResult:
    """Score ``index.jsonl`` of {file, label: bounce, auto_reply, complaint, ordinary or unlabelled}.

    A row may hold the mail itself as ``mail`` (text, taken as UTF-8) in place of ``file``.

    Returns
    -------
    EvaluationResult
        ``recall_<label>``: share told as what they are. ``false_positive_rate``: share of ordinary mail that is
        stopped, that is neither answered nor given to people. ``ticket_only_<label>``: share that people read and
        nothing automatic answers; of ordinary mail it is no false positive, of all other it is no recall.
        ``stopped_unlabelled``: the number of those that are stopped.

    Raises
    ------
    InvalidDataError
        A row does not fit or names a file that is not there.
    """
    began = time.perf_counter()
    listed = list(_listed(folder))
    if limit is not None and limit < len(listed):
        listed = random.Random(seed).sample(listed, limit)  # noqa: S311 - a sample, no secret
    mails = []
    notes = ["ticket_only (people read it, nothing automatic leaves) is no stop of ordinary mail, and no recall"]
    for done, (name, raw, label) in enumerate(listed, start=1):
        mail = parse_mail(raw if isinstance(raw, bytes) else raw.read_bytes())
        mails.append((mail, label))
        verdict = judge(mail)
        if label == "unlabelled" and verdict.verdict in STOPPED:
            notes.append(f"stopped: {name} ({verdict.verdict.value}, {verdict.reason.value})")
        progress("mails judged", done, len(listed))
    return {
        "task": "email_gate",
        "data": folder.name,
        "n": len(mails),
        "seconds": round(time.perf_counter() - began, 3),
        "ours": _scores(mails, lambda mail: _kind(judge(mail))),
        "peers": {"RFC headers": _scores(mails, _by_headers)},
        "notes": notes,
    }


def _listed(folder: Path) -> Iterator[tuple[str, bytes | Path, str]]:
    index = folder / "index.jsonl"
    for number, row in rows(index):
        if row.get("label") not in LABELS:
            raise InvalidDataError(index, number, f"label must be one of {', '.join(LABELS)}")
        if isinstance(row.get("mail"), str):
            yield str(row.get("id", number)), row["mail"].encode("utf-8", "replace"), row["label"]
            continue
        path = folder / str(row.get("file", ""))
        if not path.is_file():
            raise InvalidDataError(index, number, "file is missing or not there")
        yield path.name, path, row["label"]


def _kind(verdict: GateVerdict) -> str:
    if verdict.verdict is Verdict.TICKET_ONLY:
        return "ticket_only"
    if verdict.reason in (GateReason.FEEDBACK_REPORT, GateReason.UNSUBSCRIBE):
        return "complaint"
    if verdict.verdict in (Verdict.BOUNCE_PERMANENT, Verdict.BOUNCE_TEMPORARY):
        return "bounce"
    if verdict.verdict is Verdict.AUTO_REPLY:
        return "auto_reply"
    return "stopped" if verdict.verdict in STOPPED else "ordinary"


def _by_headers(mail: ParsedMail) -> str:
    """Return what the standards' own fields say, and nothing else."""
    if mail.report_type == "feedback-report":
        return "complaint"
    if mail.report_type == "delivery-status":
        return "bounce"
    submitted = mail.header("auto-submitted").lower()
    return "auto_reply" if submitted.startswith("auto-replied") else "ordinary"


def _scores(mails: list[tuple[ParsedMail, str]], kind: Kind) -> dict[str, float]:
    totals, right, stopped, left = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for mail, label in mails:
        told = kind(mail)
        totals[label] += 1
        right[label] += told == label
        left[label] += told == "ticket_only"
        stopped[label] += told not in ("ordinary", "ticket_only")
    scores = {f"recall_{label}": round(right[label] / totals[label], 4) for label in LABELS[:3] if totals[label]}
    if totals["ordinary"]:
        scores["false_positive_rate"] = round(stopped["ordinary"] / totals["ordinary"], 4)
    scores |= {f"ticket_only_{label}": round(left[label] / totals[label], 4) for label in LABELS[:4] if left[label]}
    if totals["unlabelled"]:
        scores["stopped_unlabelled"] = stopped["unlabelled"]
    return scores
