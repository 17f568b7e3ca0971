"""Single entries of a conversation's log that are forgotten where the rest of it stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from firstline.domain.conversation import MOVED_TO, Author, Event
from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.table import Exists, Item
from firstline.repositories import keys, mail_keys
from firstline.repositories.all_items import all_items
from firstline.repositories.conversations import EVENT
from firstline.repositories.stored_turns import stored_turn

_PAGE = 200
_MAIL = "MAIL#"


class ErasedPlaces:
    """Works below ``CONV#<id>``; every step is safe to repeat."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def erase(self, conversation_id: str, places: Collection[int]) -> None:
        """Take the words out of entries, and remove what was made for them: turns, drafts, ratings, mail in line.

        Parameters
        ----------
        places : collection of int
            In the log; each keeps its place, as an entry that says that it was deleted.
        """
        pk = keys.conversation(conversation_id)
        found = (stored_turn(item) for item in self._items(pk, keys.turn("")))
        turns = {turn.turn_id for turn in found if turn.message.seq in places}
        for item in list(self._items(pk)):
            sk = str(item["sk"])
            if sk.startswith("EVT#"):
                self._blank(item, places)
            elif _turn_of(sk) in turns or (sk.startswith(_MAIL) and int(item["seq"]) in places):
                self._table.delete(pk, sk)
        for place in places:
            self._table.delete(pk, keys.rating(place))

    def remove_mails(self, conversation_id: str, mail_ids: Iterable[str]) -> None:
        """Remove the records of mails received."""
        for mail_id in mail_ids:
            self._table.delete(keys.conversation(conversation_id), mail_keys.received(mail_id))

    def remove_files(self, conversation_id: str, file_ids: Iterable[str]) -> None:
        """Remove what is known of attached files, and their text."""
        for file_id in file_ids:
            for sk in (keys.file_text(file_id), keys.file(file_id)):
                self._table.delete(keys.conversation(conversation_id), sk)

    def _blank(self, item: Item, places: Collection[int]) -> None:
        event = Event.model_validate_json(EVENT.load(item)["body"])
        if event.seq not in places or event.text == FORGOTTEN:
            return
        moved = {name: value for name, value in event.detail.items() if name == MOVED_TO}
        left = Event(seq=event.seq, author=Author.SYSTEM, text=FORGOTTEN, at=event.at, detail=moved)
        try:
            body = {"body": left.model_dump_json()}
            self._table.update(str(item["pk"]), str(item["sk"]), set=body, condition=Exists())
        except ConditionFailedError:
            # Forgotten as a whole meanwhile.
            return

    def _items(self, pk: str, prefix: str | None = None) -> Iterator[Item]:
        return all_items(self._table, pk, sk_prefix=prefix, limit=_PAGE, consistent=True)


def _turn_of(sk: str) -> str:
    """Return the turn that an item was made for, by its sort key; empty where it is none's."""
    kind, _, rest = sk.partition("#")
    return rest.partition("#")[0] if kind in ("TURN", "DEC", "DRAFT", "RCPT", "TOOL") else ""
