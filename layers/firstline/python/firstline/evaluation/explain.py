"""What is made of a message or a conversation, with the reasons; what ``scripts/classify`` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.policy import person_at_once
from firstline.domain.ports import Embedder
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.handover import limits_of, turn_of
from firstline.evaluation.jsonl import lines
from firstline.repositories.own_labels import ExampleFiles, OwnModels
from firstline.services.own_intents import OwnIntents
from firstline.settings import Settings
from firstline.workflow.classify_query import ClassifyParts, classify_query, listed

_ROLES = ("customer", "bot", "agent")
_SHOWN = (
    ("category", "category", "category_confidence"),
    ("intent", "intent", "intent_confidence"),
    ("own_intent", "own_intent", "own_intent_confidence"),
    ("own_category", "own_category", "own_category_confidence"),
    ("urgency", "urgency_level", "urgency"),
    ("mood", "sentiment", "sentiment_confidence"),
    ("frustration", "frustration", ""),
    ("trend", "trend", ""),
    ("language", "language", "language_confidence"),
    ("stakes", "stakes", ""),
    ("style", "style", "expertise"),
    ("out_of_scope", "out_of_scope", ""),
    ("injection_risk", "injection_risk", ""),
)


@contextmanager
def parts_of(settings: Settings, embedder: Embedder, data: Path) -> Iterator[ClassifyParts]:
    """Open what the server classifies with: the own intents of a data folder that it has used, the settings' words."""
    keywords, threshold = listed(settings.frustration_keywords), settings.sentiment_threshold
    file = data / "firstline.db"
    if not file.is_file():
        yield ClassifyParts(embedder, None, None, keywords, threshold)
        return
    clock = SystemClock()
    table = SQLiteTable(file, clock=clock)
    try:
        files = ExampleFiles(FolderObjectStore(Path(settings.documents_path)))
        own = OwnIntents(files, OwnModels(table), embedder, clock=clock)
        yield ClassifyParts(embedder, own, None, keywords, threshold)
    finally:
        table.close()


def explained(
    turns: Sequence[dict[str, str]], parts: ClassifyParts, settings: Settings | None = None
) -> list[dict[str, Any]]:
    """Classify every message of the customer in a conversation, each in the light of those before it.

    Parameters
    ----------
    turns : sequence of dict
        ``role`` (customer, bot or agent) and ``text``, oldest first.
    settings : Settings, optional
        When a person is asked; the defaults where none are given.

    Returns
    -------
    list of dict
        Of each customer message: ``text``, every judgement with ``because``, and ``handover``: the reason for which a
        person is asked whatever the articles say; empty where none is.
    """
    limits = limits_of(settings or Settings())
    told: list[dict[str, Any]] = []
    sentiments: list[float] = []
    for place, one in enumerate(turns):
        if one["role"] != "customer":
            continue
        turn = turn_of(f"message-{place + 1}", turns[: place + 1])
        turn.customer = turn.identified.model_copy(
            update={"unanswered": [one["text"]], "earlier_sentiments": list(sentiments)}
        )
        judged = classify_query(turn, parts)
        sentiments.append(judged.sentiment)
        reason = person_at_once(judged, turn.identified, limits)
        told.append(
            {
                "text": one["text"],
                **judged.model_dump(mode="json", exclude={"query_vector", "elapsed_ms"}),
                "handover": reason.value if reason else "",
            }
        )
    return told


def as_text(told: dict[str, Any]) -> str:
    """Return what was made of one message, for people to read."""
    out = [told["text"][:200]]
    for about, name, confidence in _SHOWN:
        value = told[name]
        sure = f" ({told[confidence]:.2f})" if confidence else ""
        out.append(f"  {about:<15}{value if value != '' else '-'}{sure}")
        out += [
            f"    {one['kind']}: {one['text']} ({one['weight']:+.2f})"
            for one in told["because"]
            if one["about"] == about
        ]
    out.append(f"  {'handover':<15}{told['handover'] or '-'}")
    return "\n".join(out)


def read_conversation(path: Path) -> list[dict[str, str]]:
    """Read JSON lines of ``role`` and ``text``, or plain text: then each line is a message of the customer.

    Raises
    ------
    InvalidDataError
        The file cannot be read, is empty, or mixes the two.
    """
    read = [(number, line.strip()) for number, line in enumerate(lines(path), start=1) if line.strip()]
    if not read:
        raise InvalidDataError(path, 0, "no rows")
    if not read[0][1].startswith("{"):
        return [{"role": "customer", "text": line} for _, line in read]
    turns: list[dict[str, str]] = []
    for number, line in read:
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidDataError(path, number, "not JSON") from error
        if not isinstance(row, dict) or row.get("role") not in _ROLES or not isinstance(row.get("text"), str):
            raise InvalidDataError(path, number, "no role (customer, bot, agent) with a text")
        turns.append({"role": row["role"], "text": row["text"]})
    return turns
