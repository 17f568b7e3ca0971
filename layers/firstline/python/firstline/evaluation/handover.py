"""When a person is asked: short conversations run through the real classification and policy, beside plain keywords."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firstline.domain.conversation import Author, Channel, ConversationStatus, Customer
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.lexicon import normalised
from firstline.domain.phrase_lists import PhraseList
from firstline.domain.policy import HandoverLimits, PolicyDecision, decide
from firstline.domain.ports import Embedder
from firstline.domain.turn import Action, HistoryMessage, IdentifiedCustomer, Turn, TurnMessage
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.jsonl import rows
from firstline.evaluation.result import EvaluationResult, Progress
from firstline.settings import Settings
from firstline.workflow.classify_query import ClassifyParts, classify_query

_THEN = datetime(2026, 1, 1, tzinfo=UTC)
_AUTHORS = {"customer": Author.CUSTOMER, "bot": Author.BOT, "agent": Author.AGENT}
_ABSTAINS_BELOW = 0.36
KEYWORDS = PhraseList(
    [
        "human*", "person", "agent*", "operator*", "representative", "supervisor", "manager", "someone",
        "somebody", "call me", "lawyer*", "attorney*", "sue", "court", "legal", "gdpr", "lawsuit", "complaint",
        "furious", "angry", "unacceptable", "ridiculous", "worst", "terrible", "useless", "hate", "hacked",
        "humano", "persona", "agente", "abogad*", "harto", "humain", "conseiller", "avocat*", "plainte",
        "inadmissible", "mensch*", "mitarbeiter*", "anwalt*", "frechheit", "operatore", "avvocat*", "vergogna",
        "furioso", "pessoa", "atendente", "advogad*", "absurdo", "medewerker", "mens", "advocaat",
        "belachelijk", "konsultant*", "cz\u0142owiek*", "prawnik*", "skandal", "m\u00e4nniska",
        "kundtj\u00e4nst", "advokat*", "temsilci*", "avukat*", "rezalet", "\u62c5\u5f53\u8005", "\u4eba\u9593",
        "\u30aa\u30da\u30ec\u30fc\u30bf\u30fc", "\u5f01\u8b77\u58eb", "\u6700\u60aa", "\u4eba\u5de5",
        "\u771f\u4eba", "\u5ba2\u670d", "\u5f8b\u5e08", "\u6295\u8bc9",
    ]
)  # fmt: skip
"""The rule that is often taken: any of these words in the message."""


@dataclass(frozen=True)
class HandoverCase:
    """A conversation up to a customer's message, and whether a person must be asked on it."""

    case_id: str
    kind: str
    language: str
    turn: Turn
    knowledge: RetrievedKnowledge
    handover: bool
    reason: str


def evaluate(
    folder: Path, embedder: Embedder, *, limit: int | None = None, seed: int = 13, progress: Progress
) -> EvaluationResult:
    """Score which conversations go to a person.

    Parameters
    ----------
    folder : Path
        Holds ``handover.jsonl``, or ``evaluation/handover.jsonl``: rows of ``turns`` (a list of ``role``: customer,
        bot or agent, ``text``, and for the bot an optional ``action``), ``found`` (the search's confidence, in
        [0, 1]), ``handover`` (true or false) and ``reason``.

    Returns
    -------
    EvaluationResult
        Precision, recall and F1 of asking a person, how often the reason is the stated one where both ask, and of each
        kind the share that is judged right.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    started = time.perf_counter()
    cases = read_cases(folder)
    if limit is not None and limit < len(cases):
        cases = random.Random(seed).sample(cases, limit)  # noqa: S311
    decisions = []
    for done, case in enumerate(cases, start=1):
        decisions.append(decided(case, embedder))
        progress("firstline", done, len(cases))
    called = [decision.action is Action.HAND_OVER for decision in decisions]
    both = [
        d.reason.value == case.reason
        for d, case in zip(decisions, cases, strict=True)
        if case.handover and d.action is Action.HAND_OVER
    ]
    kinds = sorted({case.kind for case in cases})
    right = [was is case.handover for was, case in zip(called, cases, strict=True)]
    ours: dict[str, Any] = {
        **_scores(called, cases),
        "reason_agreement": round(sum(both) / max(1, len(both)), 4),
        "per_kind": {
            kind: round(_mean([r for r, c in zip(right, cases, strict=True) if c.kind == kind]), 3) for kind in kinds
        },
    }
    by_keyword = [bool(KEYWORDS.found(normalised(case.turn.message.text))) for case in cases]
    return {
        "task": "handover",
        "data": folder.resolve().name,
        "n": len(cases),
        "seconds": round(time.perf_counter() - started, 2),
        "ours": ours,
        "peers": {"keywords": _scores(by_keyword, cases)},
        "notes": [f"wrong: {case.case_id} ({case.kind})" for r, case in zip(right, cases, strict=True) if not r],
    }


def decided(case: HandoverCase, embedder: Embedder) -> PolicyDecision:
    """Return what the product decides by its default settings, without a language model."""
    classification = classify_query(case.turn, ClassifyParts(embedder))
    return decide(classification, case.knowledge, case.turn.identified, limits_of(Settings()))


def limits_of(settings: Settings) -> HandoverLimits:
    """Return when a person is asked where no language model answers."""
    return HandoverLimits(
        frustration=settings.frustration_handover,
        sentiment=settings.handoff_threshold,
        bot_turns=settings.handover_max_turns,
        min_confidence=settings.handover_min_confidence,
    )


def read_cases(folder: Path) -> list[HandoverCase]:
    """Read the conversations. Raises ``InvalidDataError``."""
    path = folder / "handover.jsonl"
    path = path if path.is_file() else folder / "evaluation" / "handover.jsonl"
    return [_case(path, number, row) for number, row in rows(path)]


def _case(path: Path, number: int, row: dict[str, Any]) -> HandoverCase:
    turns, found, handover = row.get("turns"), row.get("found"), row.get("handover")
    if not isinstance(turns, list) or not turns or not all(_is_turn(one) for one in turns):
        raise InvalidDataError(path, number, "turns is no list of role (customer, bot, agent) and text")
    if turns[-1]["role"] != "customer":
        raise InvalidDataError(path, number, "the last turn is not the customer's")
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise InvalidDataError(path, number, "found is no number from 0 to 1")
    if not isinstance(handover, bool):
        raise InvalidDataError(path, number, "handover is neither true nor false")
    case_id = str(row.get("_id", number))
    return HandoverCase(
        case_id=case_id,
        kind=str(row.get("kind", "")),
        language=str(row.get("language", "")),
        turn=turn_of(case_id, turns),
        knowledge=RetrievedKnowledge(
            query=turns[-1]["text"], ranked=[], confidence=float(found), abstained=found < _ABSTAINS_BELOW
        ),
        handover=handover,
        reason=str(row.get("reason", "")),
    )


def turn_of(turn_id: str, turns: Sequence[dict[str, Any]]) -> Turn:
    """Return the turn that answers the last of some messages, each with ``role``, ``text`` and perhaps ``action``."""
    place = max((at for at, one in enumerate(turns) if one["role"] != "customer"), default=-1)
    before, unanswered = turns[: place + 1], [one["text"] for one in turns[place + 1 :]]
    actions = [one.get("action", "answer") for one in before if one["role"] == "bot"]
    customer = IdentifiedCustomer(
        customer=Customer(customer_id="evaluated", created_at=_THEN),
        attempt=1,
        conversation_version=1,
        conversation_status=ConversationStatus.OPEN,
        unanswered=unanswered,
        history=[HistoryMessage(author=_AUTHORS[one["role"]], text=one["text"]) for one in before],
        n_customer_messages=sum(one["role"] == "customer" for one in turns),
        previous_action=Action(actions[-1]) if actions else None,
    )
    message = TurnMessage(message_id="m", seq=len(turns), text=unanswered[-1], sent_at=_THEN)
    return Turn(
        turn_id=turn_id,
        conversation_id="evaluated",
        correlation_id="evaluated",
        channel=Channel.CHAT,
        message=message,
        customer=customer,
    )


def _is_turn(one: Any) -> bool:
    if not isinstance(one, dict) or one.get("role") not in _AUTHORS or not isinstance(one.get("text"), str):
        return False
    return one.get("action", "answer") in set(Action)


def _scores(called: Sequence[bool], cases: Sequence[HandoverCase]) -> dict[str, float]:
    true = [case.handover for case in cases]
    hits = sum(c and t for c, t in zip(called, true, strict=True))
    precision, recall = hits / max(1, sum(called)), hits / max(1, sum(true))
    both = precision + recall
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / both, 4) if both else 0.0,
    }


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values)
