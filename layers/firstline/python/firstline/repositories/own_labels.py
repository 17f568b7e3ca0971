"""Examples of a company's own labels, as files; and the model learnt from them, as items."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.own_labels import (
    IntentsTrainedError,
    InvalidExamplesError,
    LabelKind,
    LabelOfFileError,
    OwnLabel,
    TrainingReport,
)
from firstline.domain.ports import ObjectStore, Table
from firstline.domain.table import Compare
from firstline.repositories import keys
from firstline.repositories.schema import Schema

FOLDER = "training/intents/"
_CURRENT = "CURRENT"
_PART_BYTES = 300_000
_RECORD = Schema("own_intents", version=1)


class ExampleFiles:
    """Labels by ``training/intents/*.jsonl``: a line is ``{"text", "label"}`` and may have a ``"kind"``.

    What comes over REST is the file ``<label>.jsonl``; other files are the company's, and only read.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def all(self) -> list[OwnLabel]:
        """Return every label, by name. Raises ``InvalidExamplesError`` with file and line."""
        found: dict[str, tuple[LabelKind, dict[str, None]]] = {}
        for key in self._objects.list(FOLDER):
            if not key.endswith(".jsonl"):
                continue
            for line, row in _rows(key, self._objects.read(key)):
                label = _label(key, line, row)
                kind, examples = found.setdefault(label.name, (label.kind, {}))
                if kind is not label.kind:
                    raise InvalidExamplesError(f"{key}, line {line}: {label.name} is of kind {kind.value} elsewhere")
                examples.update(dict.fromkeys(label.examples))
        return [
            OwnLabel(name=name, kind=kind, examples=tuple(examples)) for name, (kind, examples) in sorted(found.items())
        ]

    def put(self, label: OwnLabel) -> None:
        """Store a label in place of what stands. Raises ``LabelOfFileError``."""
        self._check_own(label.name)
        rows = ({"text": text, "label": label.name, "kind": label.kind.value} for text in label.examples)
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self._objects.write(_key(label.name), content.encode())

    def delete(self, name: str) -> None:
        """Forget a label. Raises ``NotFoundError``, ``LabelOfFileError``."""
        self._check_own(name)
        self._objects.stat(_key(name))
        self._objects.delete(_key(name))

    def _check_own(self, name: str) -> None:
        for key in self._objects.list(FOLDER):
            if key != _key(name) and key.endswith(".jsonl"):
                rows = _rows(key, self._objects.read(key))
                if any(row.get("label") == name for _, row in rows):
                    raise LabelOfFileError(f"{name} stands in {key}; change it there")


class OwnModels:
    """Keys: ``INTENTS`` / ``CURRENT``, the report of the version that judges, and ``MODEL#<version>#<sum>#<n>``, its
    parts.

    Old parts are deleted once the new version stands; who was reading them reads again.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self) -> TrainingReport | None:
        """Return the report of the version that judges, None where nothing was learnt."""
        item = self._table.get(keys.OWN_INTENTS, _CURRENT)
        return None if item is None else TrainingReport.model_validate_json(_RECORD.load(item)["report"])

    def read(self, version: int) -> bytes:
        """Return a version's bytes. Raises ``NotFoundError`` where another has taken its place."""
        item = self._table.get(keys.OWN_INTENTS, _CURRENT)
        if item is None or item["version"] != version:
            raise NotFoundError(f"version {version} does not judge any more")
        parts = self._table.query(keys.OWN_INTENTS, sk_prefix=item["parts"], consistent=True).items
        if len(parts) != item["n_parts"]:
            raise NotFoundError(f"version {version} is no longer there")
        return b"".join(bytes(part["content"]) for part in parts)

    def put(self, report: TrainingReport, content: bytes, *, replaces: int) -> None:
        """Store a version and let it judge from now on, in place of the version that it ``replaces``, 0 for none.

        Raises
        ------
        IntentsTrainedError
            Another version judges by now.
        """
        prefix = f"MODEL#{report.version:09d}#{hashlib.sha256(content).hexdigest()[:16]}#"
        pieces = [content[start : start + _PART_BYTES] for start in range(0, len(content), _PART_BYTES)]
        for number, piece in enumerate(pieces):
            self._table.put({"pk": keys.OWN_INTENTS, "sk": f"{prefix}{number:04d}", "content": piece})
        told = {
            "version": report.version,
            "parts": prefix,
            "n_parts": len(pieces),
            "report": report.model_dump_json(),
        }
        item = _RECORD.stamp({"pk": keys.OWN_INTENTS, "sk": _CURRENT, **told})
        try:
            if replaces:
                stands = Compare("version", "=", replaces)
                changes = {name: value for name, value in item.items() if name not in ("pk", "sk")}
                self._table.update(keys.OWN_INTENTS, _CURRENT, set=changes, condition=stands)
            else:
                self._table.put(item, if_absent=True)
        except ConditionFailedError as error:
            raise IntentsTrainedError("another training was done meanwhile; look at what it came to") from error
        self._forget(prefix)

    def _forget(self, but: str) -> None:
        for item in self._table.query(keys.OWN_INTENTS, sk_prefix="MODEL#", consistent=True).items:
            if not item["sk"].startswith(but):
                self._table.delete(keys.OWN_INTENTS, item["sk"])


def _key(name: str) -> str:
    return f"{FOLDER}{name}.jsonl"


def _rows(key: str, content: bytes) -> list[tuple[int, dict[str, Any]]]:
    found = []
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidExamplesError(f"{key}: not UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InvalidExamplesError(f"{key}, line {number}: not JSON") from error
        if not isinstance(row, dict):
            raise InvalidExamplesError(f"{key}, line {number}: not a JSON object")
        found.append((number, row))
    return found


def _label(key: str, line: int, row: dict[str, Any]) -> OwnLabel:
    try:
        kind = LabelKind(row.get("kind", LabelKind.INTENT))
        return OwnLabel(name=row.get("label", ""), kind=kind, examples=(row.get("text", ""),))
    except (ValidationError, ValueError) as error:
        raise InvalidExamplesError(f"{key}, line {line}: needs a text and a label of letters and digits") from error
