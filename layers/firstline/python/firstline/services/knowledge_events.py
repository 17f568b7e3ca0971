"""Which objects an event is about, each followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from firstline.domain.errors import FirstlineError, InvalidInputError
from firstline.domain.ingestion import IngestionReport

_TEST_EVENT = "s3:TestEvent"


def changed_keys(notification: Mapping[str, Any]) -> list[str]:
    """Return the keys that an S3 notification names, each once: those that came or changed, then those that left.

    So a renamed article comes under its new name before it leaves under the old one, and is embedded once. What
    happened else, and in which order, is not asked: whoever follows looks at the objects as they are now. Folder
    markers, and the event that S3 sends when notifications are set up, name none.

    Raises
    ------
    InvalidInputError
        It is no S3 notification.
    """
    if notification.get("Event") == _TEST_EVENT:
        return []
    try:
        records = sorted(notification["Records"], key=_is_removal)
        keys = [unquote_plus(record["s3"]["object"]["key"], errors="surrogateescape") for record in records]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError("not an S3 notification") from error
    return list(dict.fromkeys(key for key in keys if not key.endswith("/")))


def follow(notification: Mapping[str, Any], ingest: Callable[[str], IngestionReport]) -> list[IngestionReport]:
    """Ingest every object that an S3 notification names, and return the reports.

    One that fails keeps no other from being tried; afterwards the first failure is raised, so that the notification
    is delivered again. Raises ``InvalidInputError`` where it is none, and what ``ingest`` does.
    """
    reports: list[IngestionReport] = []
    failures: list[FirstlineError] = []
    for key in changed_keys(notification):
        try:
            reports.append(ingest(key))
        except FirstlineError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return reports


def in_order(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a queue's batch with the messages last that say of nothing but removals, as ``changed_keys`` does."""
    return {**batch, "Records": sorted(batch["Records"], key=lambda record: _removes_only(record["body"]))}


def _removes_only(body: str) -> bool:
    try:
        records = json.loads(body)["Records"]
        return all(_is_removal(record) for record in records)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _is_removal(record: Mapping[str, Any]) -> bool:
    return str(record.get("eventName", "")).startswith("ObjectRemoved")
