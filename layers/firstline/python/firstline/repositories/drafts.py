"""Drafts and the state they are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstline.domain.drafts import Draft, DraftChangedError, DraftStatus
from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema

DRAFT = Schema("draft", version=1)

_MOST_SUPPORT = 999_999


@dataclass(frozen=True)
class DraftPage:
    """Drafts of one status; ``cursor`` is None on the last page."""

    drafts: list[Draft]
    cursor: str | None


class DraftRepository:
    """Keys: ``DRAFT#<id>`` / ``META``; ``by_queue`` is ``DRAFTS#<status>``, most tickets behind it first, then oldest.

    Drafts do not expire: a rejected one that were forgotten would come back with the next import of its tickets.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, draft: Draft) -> bool:
        """Store a new draft; return False, and change nothing, where one of this id is there."""
        try:
            self._table.put(_item(draft), if_absent=True)
        except ConditionFailedError:
            return False
        return True

    def get(self, draft_id: str) -> Draft:
        """Return the draft. Raises ``NotFoundError``."""
        item = self._table.get(_partition(draft_id), keys.META)
        if item is None:
            raise NotFoundError(f"no draft {draft_id}")
        return Draft.model_validate_json(DRAFT.load(item)["body"])

    def change(self, draft: Draft, change: Callable[[Draft], Draft]) -> Draft:
        """Store a changed draft in place of the version given, and return it with its new version.

        Raises
        ------
        DraftChangedError
            Somebody else changed it since it was read.
        """
        changed = change(draft).model_copy(update={"version": draft.version + 1})
        attributes = {name: value for name, value in _item(changed).items() if name not in ("pk", "sk")}
        condition = Compare("version", "=", draft.version)
        try:
            self._table.update(_partition(draft.draft_id), keys.META, set=attributes, condition=condition)
        except ConditionFailedError as error:
            raise DraftChangedError(f"draft {draft.draft_id} is no longer at version {draft.version}") from error
        return changed

    def of_status(self, status: DraftStatus, *, limit: int, cursor: str | None = None) -> DraftPage:
        """Return one page; the index may be a moment behind. Raises ``InvalidCursorError``."""
        page = self._table.query(f"DRAFTS#{status}", index="by_queue", limit=limit, cursor=cursor)
        return DraftPage([Draft.model_validate_json(DRAFT.load(item)["body"]) for item in page.items], page.cursor)


def _partition(draft_id: str) -> str:
    return f"DRAFT#{draft_id}"


def _item(draft: Draft) -> Item:
    rarity = _MOST_SUPPORT - min(draft.support, _MOST_SUPPORT)
    made_ms = int(draft.created_at.timestamp() * 1000)
    return DRAFT.stamp(
        {
            "pk": _partition(draft.draft_id),
            "sk": keys.META,
            "version": draft.version,
            "body": draft.model_dump_json(),
            "by_queue_pk": f"DRAFTS#{draft.status}",
            "by_queue_sk": f"{rarity:06d}#{made_ms:015d}#{draft.draft_id}",
        }
    )
