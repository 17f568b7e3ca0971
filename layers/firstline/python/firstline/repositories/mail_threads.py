"""Threads of mails, and which thread a message id belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.thread import MAX_REFERENCES, MailThread
from firstline.domain.ports import Table
from firstline.domain.table import Compare, Item, Operation, Put, Update
from firstline.repositories import keys, mail_keys, visitor_keys
from firstline.repositories.schema import Schema

MAIL_THREAD = Schema("mail_thread", version=1)
MAIL_REFERENCE = Schema("mail_reference", version=1)
MESSAGE_ID = Schema("mail_message_id", version=1)
THREAD_KEY = Schema("mail_thread_key", version=1)

_KEY_BYTES = 32


def _new_key() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


@dataclass(frozen=True)
class KnownMessage:
    """A message id that we have seen before."""

    message_id: str
    conversation_id: str
    sent: bool
    """We have sent it."""


class MailThreadRepository:
    """Keys: ``CONV#<id>`` with ``MAILTHREAD`` and ``MAILREF#<time>#<digest>``; ``MAILID#<digest>``; ``MAIL#KEY``.

    Message ids are given and returned without angle brackets.
    """

    def __init__(self, table: Table, *, retention_days: int, new_key: Callable[[], bytes] = _new_key) -> None:
        self._table = table
        self._retention_days = retention_days
        self._new_key = new_key

    def get(self, conversation_id: str) -> MailThread:
        """Return a conversation's thread. Raises ``NotFoundError``."""
        thread = self.find(conversation_id)
        if thread is None:
            raise NotFoundError(f"conversation {conversation_id} has no mails")
        return thread

    def find(self, conversation_id: str) -> MailThread | None:
        """Return a conversation's thread, or None where it has no mails."""
        pk = keys.conversation(conversation_id)
        item = self._table.get(pk, mail_keys.THREAD)
        if item is None:
            return None
        item = MAIL_THREAD.load(item)
        page = self._table.query(
            pk,
            sk_from=mail_keys.REFERENCES,
            sk_to=f"{mail_keys.REFERENCES}~",
            limit=MAX_REFERENCES,
            reverse=True,
            consistent=True,
        )
        newest = [MAIL_REFERENCE.load(found) for found in reversed(page.items)]
        ids = [str(known) for found in newest for known in found["message_ids"]]
        received = [str(found["message_ids"][0]) for found in newest if not found["sent"]]
        return _thread(item, ids, received[-1] if received else "")

    def stored(self, thread: MailThread, *, at: datetime) -> Operation:
        """Return the operation that stores a thread, but for its references.

        It fails where another has stored the thread since this one was read.
        """
        pk = keys.conversation(thread.conversation_id)
        fields = {
            "subject": thread.subject,
            "ours": thread.ours,
            "customer_address": thread.customer.address,
            "customer_name": thread.customer.name,
            "cc": list(thread.cc),
            "participants": sorted(thread.participants),
            "silent": thread.silent,
            "linked": thread.linked,
            "version": thread.version + 1,
            "expires_at": keys.expiry(at, self._retention_days),
        }
        if thread.version == 0:
            own = {"pk": pk, "sk": mail_keys.THREAD, "conversation_id": thread.conversation_id, "first": ""}
            return Put(MAIL_THREAD.stamp({**own, **fields, "first": next(iter(thread.references), "")}), if_absent=True)
        return Update(pk, mail_keys.THREAD, set=fields, condition=Compare("version", "=", thread.version))

    def sent(
        self,
        conversation_id: str,
        message_ids: Sequence[str],
        *,
        automatic: bool,
        at: datetime,
        seq: int = 0,
        recipients: Sequence[str] = (),
    ) -> list[Operation]:
        """Return the operations that note a mail of ours under all its ids; done again, they change nothing.

        Parameters
        ----------
        message_ids : sequence of str
            Under which it may be referred to: that of the server that sent it, and our own; at least one.
        automatic : bool
            No person has written it.
        at : datetime
            When it was sent; the same for the same mail.
        seq : int
            Place of what it says in the conversation's log; 0 where that is not there.
        recipients : sequence of str
            Whom it was handed over for, the customer first.
        """
        noted, *known = self._noted(conversation_id, message_ids, sent=True, automatic=automatic, at=at)
        assert isinstance(noted, Put)  # noqa: S101 - the reference itself
        return [Put({**noted.item, "seq": seq, "recipients": list(recipients)}), *known]

    def recipients(self, conversation_id: str) -> dict[int, tuple[str, ...]]:
        """Return to whom each entry of a conversation's log was sent by mail, by its place; the customer first."""
        cursor, found = None, dict[int, tuple[str, ...]]()
        while True:
            page = self._table.query(
                keys.conversation(conversation_id),
                sk_from=mail_keys.REFERENCES,
                sk_to=f"{mail_keys.REFERENCES}~",
                cursor=cursor,
                consistent=True,
            )
            for item in map(MAIL_REFERENCE.load, page.items):
                if item["sent"] and (seq := int(item.get("seq", 0))):
                    found[seq] = tuple(map(str, item["recipients"]))
            cursor = page.cursor
            if cursor is None:
                return found

    def received(self, conversation_id: str, message_id: str, *, at: datetime) -> list[Operation]:
        """Return the operations that note a mail received, once; none where it has no id.

        An id that is another thread's already leads there still: who sends a mail under a stranger's id takes nothing
        away from them.
        """
        if not message_id:
            return []
        noted = self._noted(conversation_id, [message_id], sent=False, automatic=False, at=at)
        return noted if self.conversation_of(message_id) in ("", conversation_id) else noted[:1]

    def known(self, message_ids: Sequence[str]) -> list[KnownMessage]:
        """Return what is known of message ids, in their order; unknown ones are left out."""
        found = []
        for message_id in dict.fromkeys(message_ids):
            item = self._table.get(mail_keys.message(message_id), keys.META)
            if item is not None:
                item = MESSAGE_ID.load(item)
                found.append(KnownMessage(message_id, str(item["conversation_id"]), bool(item["sent"])))
        return found

    def conversation_of(self, message_id: str) -> str:
        """Return the conversation that a mail with this id belongs to, or an empty text."""
        return next((known.conversation_id for known in self.known([message_id])), "")

    def automatic_replies(self, conversation_id: str, *, since: datetime) -> int:
        """Return how many mails were sent from then on that no person has written."""
        cursor, total = None, 0
        while True:
            page = self._table.query(
                keys.conversation(conversation_id),
                sk_from=mail_keys.references_from(since),
                sk_to=f"{mail_keys.REFERENCES}~",
                cursor=cursor,
                consistent=True,
            )
            total += sum(bool(MAIL_REFERENCE.load(item)["automatic"]) for item in page.items)
            cursor = page.cursor
            if cursor is None:
                return total

    def key(self) -> bytes:
        """Return the 32 bytes that names of threads are signed with: made once, and good for ever."""
        item = self._table.get(mail_keys.THREAD_KEY, keys.META)
        if item is None:
            made = {"pk": mail_keys.THREAD_KEY, "sk": keys.META, "key": self._new_key()}
            try:
                self._table.put(THREAD_KEY.stamp(made), if_absent=True)
            except ConditionFailedError:
                # Another process was first: its key counts.
                return self.key()
            item = THREAD_KEY.stamp(made)
        return bytes(THREAD_KEY.load(item)["key"])

    def _noted(
        self, conversation_id: str, message_ids: Sequence[str], *, sent: bool, automatic: bool, at: datetime
    ) -> list[Operation]:
        expires = keys.expiry(at, self._retention_days)
        ids = list(dict.fromkeys(message_ids))
        reference = {
            "pk": keys.conversation(conversation_id),
            "sk": mail_keys.reference(at, ids[0]),
            "message_ids": ids,
            "sent": sent,
            "automatic": automatic,
            "expires_at": expires,
        }
        noted: list[Operation] = [Put(MAIL_REFERENCE.stamp(reference))]
        for message_id in ids:
            pk = mail_keys.message(message_id)
            known = {
                "pk": pk,
                "sk": keys.META,
                "conversation_id": conversation_id,
                "sent": sent,
                **visitor_keys.linked_to(conversation_id, pk, keys.META),
                "expires_at": expires,
            }
            noted.append(Put(MESSAGE_ID.stamp(known)))
        return noted


def _thread(item: Item, ids: Sequence[str], last_received: str) -> MailThread:
    first = str(item["first"])
    newest = [known for known in dict.fromkeys(ids) if known != first]
    references = [*([first] if first else []), *newest[-MAX_REFERENCES + bool(first) :]]
    return MailThread(
        conversation_id=str(item["conversation_id"]),
        subject=str(item["subject"]),
        ours=str(item["ours"]),
        customer=Mailbox(str(item["customer_address"]), str(item["customer_name"])),
        cc=tuple(map(str, item["cc"])),
        participants=frozenset(map(str, item["participants"])),
        references=tuple(references),
        last_received=last_received,
        silent=bool(item["silent"]),
        linked=str(item["linked"]),
        version=int(item["version"]),
    )
