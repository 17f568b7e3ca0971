"""Mail to visitors that waits to be sent; it lies with its conversation, and is erased with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from firstline.domain.customer_mails import CustomerMail, MailState, ThreadLimitError, Unsent
from firstline.domain.errors import (
    ConditionFailedError,
    InvalidItemError,
    SchemaVersionError,
    TransactionConflictError,
)
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Delete, Exists, Operation, Put, Update
from firstline.repositories import keys, visitor_keys
from firstline.repositories.customer_mail_items import CUSTOMER_MAIL, addressed_item, mail_of
from firstline.repositories.schema import Schema

MAILS_BEGUN = Schema("mails_begun", version=1)

LEASE = timedelta(seconds=120)
"""How long one delivery may take; then another sweep tries it."""
_PAGE = 100
_LIMIT = 500
_TRIES = 20
_DAY = timedelta(days=1)
_BEGUN: Final = "MAILSBEGUN"
"""Sort key, below a conversation, of the moments at which automatic mails of its thread were begun within a day."""


@dataclass
class DueMails:
    """Mails whose time has come."""

    mails: list[CustomerMail] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read."""


class CustomerMailRepository:
    """Keys: ``CONV#<id>`` / ``MAIL#<mail id>``, ``MAILSBEGUN``; index ``by_due``, partitions ``MAILDUE#<shard>``.

    A mail that was sent is not kept; one that never will be is, without a place in the index.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, mail: CustomerMail, *, due: datetime) -> Operation:
        """Return the operation that puts a new mail in line."""
        item = {
            "pk": keys.conversation(mail.conversation_id),
            "sk": visitor_keys.customer_mail(mail.mail_id),
            "mail_id": mail.mail_id,
            "conversation_id": mail.conversation_id,
            "kind": mail.kind.value,
            "address": mail.address,
            "language": mail.language,
            "seq": mail.seq,
            "ticket_id": mail.ticket_id,
            "automatic": mail.automatic,
            "created_at": mail.created_at.isoformat(),
            "attempts": 0,
            "addressed": addressed_item(mail.addressed),
            "by_due_pk": visitor_keys.customer_mail_due(mail.mail_id),
            "by_due_sk": keys.due_at(due, mail.mail_id),
            "expires_at": keys.expiry(mail.created_at, self._retention_days),
        }
        return Put(CUSTOMER_MAIL.stamp(item), if_absent=True)

    def add_transcript(self, mail: CustomerMail, *, at_most: int) -> bool:
        """Put a transcript in line; False where the conversation has been mailed so often already, or is gone."""
        counted = Update(
            keys.conversation(mail.conversation_id),
            keys.META,
            add={"n_transcripts": 1},
            condition=AllOf((Exists(), AnyOf((Absent("n_transcripts"), Compare("n_transcripts", "<", at_most))))),
        )
        try:
            self._table.transact([counted, self.added(mail, due=mail.created_at)])
        except ConditionFailedError:
            return False
        return True

    def due(self, *, now: datetime) -> DueMails:
        """Return what is due, oldest first within a shard; about 500 per shard. The index may be stale."""
        found = DueMails()
        for shard in range(keys.N_DUE_SHARDS):
            cursor, n_read = None, 0
            while n_read < _LIMIT:
                page = self._table.query(
                    f"MAILDUE#{shard}",
                    index="by_due",
                    sk_from="0",
                    sk_to=keys.due_at(now, "~"),
                    limit=_PAGE,
                    cursor=cursor,
                )
                for item in page.items:
                    try:
                        found.mails.append(mail_of(item))
                    except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                        found.unreadable.append(f"{item['pk']} / {item['sk']}")
                n_read, cursor = n_read + len(page.items), page.cursor
                if cursor is None:
                    break
        return found

    def take_up(self, mail: CustomerMail, *, now: datetime) -> CustomerMail | None:
        """Lease a due mail for one delivery, counting the attempt; None where another sweep has it, or it is gone."""
        return self._move(mail, now + LEASE, count=1)

    def begin(
        self,
        mail: CustomerMail,
        *,
        now: datetime,
        at_most: int | None = None,
        unattended: int | None = None,
        attends: bool = False,
        to: Sequence[str] = (),
    ) -> CustomerMail:
        """Mark a leased mail as being handed over; from then on its fate is unknown until something else is noted.

        Parameters
        ----------
        at_most : int, optional
            Most mails of its conversation that may be begun within a day; every mail counts once, however often it is
            tried. Counted in the same transaction, so that no two processes take the last place.
        unattended : int, optional
            Most of them since a person last wrote; only with ``at_most``.
        attends : bool
            A person has written it: what was sent before it does not count for ``unattended`` any more.
        to : sequence of str
            All its recipients, the customer first.

        Raises
        ------
        ThreadLimitError
            It would be one too many.
        ConditionFailedError
            Another process has the mail, or it is gone.
        """
        pk, begun_at = keys.conversation(mail.conversation_id), mail.begun_at or now
        marked = Update(
            pk,
            visitor_keys.customer_mail(mail.mail_id),
            set={"state": MailState.SENDING.value, "begun_at": begun_at.isoformat(), "sent_to": list(to)},
            condition=Compare("by_due_sk", "=", mail.due_key),
        )
        for _ in range(_TRIES):
            counted = self._counted(pk, mail, now, at_most, unattended, attends=attends)
            try:
                self._table.transact([marked, *counted])
            except ConditionFailedError as error:
                if 0 in error.failed or not counted:
                    raise
                continue
            return replace(mail, state=MailState.SENDING, begun_at=begun_at, sent_to=tuple(to))
        raise TransactionConflictError(f"conversation {mail.conversation_id}: too many mails at once")

    def unattended(self, conversation_id: str) -> int:
        """Return how many automatic mails of a thread were begun since a person last wrote there."""
        item = self._table.get(keys.conversation(conversation_id), _BEGUN)
        return int(MAILS_BEGUN.load(item).get("unattended", 0)) if item is not None else 0

    def _counted(
        self,
        pk: str,
        mail: CustomerMail,
        now: datetime,
        at_most: int | None,
        most_unattended: int | None,
        *,
        attends: bool,
    ) -> list[Operation]:
        if (at_most is None and not attends) or mail.begun_at is not None:
            return []
        item = self._table.get(pk, _BEGUN)
        times = [str(then) for then in MAILS_BEGUN.load(item)["times"]] if item is not None else []
        recent = [then for then in times if datetime.fromisoformat(then) > now - _DAY]
        unattended = int(item.get("unattended", 0)) if item is not None and not attends else 0
        if at_most is not None and most_unattended is not None and unattended >= most_unattended:
            raise ThreadLimitError(f"conversation {mail.conversation_id} has had {unattended} and no person's mail")
        if at_most is not None and len(recent) >= at_most:
            raise ThreadLimitError(f"conversation {mail.conversation_id} has had {at_most} automatic mails in a day")
        version = int(item["version"]) if item is not None else 0
        fields = {
            "times": recent if at_most is None else [*recent, now.isoformat()],
            "unattended": unattended + (at_most is not None),
            "version": version + 1,
            "expires_at": keys.expiry(now, self._retention_days),
        }
        condition = Compare("version", "=", version) if version else Absent("version")
        return [Update(pk, _BEGUN, set=MAILS_BEGUN.stamp(fields), condition=condition)]

    def put_off(self, mail: CustomerMail, *, until: datetime) -> None:
        """Have a leased mail that was not taken tried again at that moment."""
        self._move(mail, until, state=MailState.WAITING)

    def doubted(self, mail: CustomerMail, *, until: datetime) -> None:
        """Have a leased mail that may have been sent wait until that moment for word of it."""
        self._move(mail, until, state=MailState.UNKNOWN, doubts=1)

    def sent(self, conversation_id: str, mail_id: str, also: Sequence[Operation]) -> bool:
        """Remove a mail of which it is known that it was sent, and note what follows; False where that was done before.

        Whoever has it now: there is nothing left to do with it.
        """
        pk, sk = keys.conversation(conversation_id), visitor_keys.customer_mail(mail_id)
        try:
            self._table.transact([Delete(pk, sk, condition=Exists()), *also])
        except ConditionFailedError:
            return False
        return True

    def end(self, mail: CustomerMail, why: Unsent) -> bool:
        """Keep a leased mail that is not sent any more, for people to see; False where another process has it."""
        try:
            self._table.update(
                keys.conversation(mail.conversation_id),
                visitor_keys.customer_mail(mail.mail_id),
                set={"state": MailState.ENDED.value, "unsent": why.value},
                remove=("by_due_pk", "by_due_sk"),
                condition=Compare("by_due_sk", "=", mail.due_key),
            )
        except ConditionFailedError:
            return False
        return True

    def find(self, conversation_id: str, mail_id: str) -> CustomerMail | None:
        """Return a mail that waits or has ended; None where it was sent, or never was."""
        item = self._table.get(keys.conversation(conversation_id), visitor_keys.customer_mail(mail_id))
        return mail_of(item) if item is not None else None

    def of_conversation(self, conversation_id: str) -> list[CustomerMail]:
        """Return the mails of a conversation that wait or have ended, oldest first."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix=visitor_keys.customer_mail(""))
        return [mail_of(item) for item in page.items]

    def put(self, mail: CustomerMail) -> None:
        """Put a mail in line that no other transaction does; one that is there already stays."""
        with suppress(ConditionFailedError):
            self._table.transact([self.added(mail, due=mail.created_at)])

    def drop(self, mail: CustomerMail) -> None:
        """Remove a leased mail that is done with."""
        pk, sk = keys.conversation(mail.conversation_id), visitor_keys.customer_mail(mail.mail_id)
        try:
            self._table.delete(pk, sk, condition=Compare("by_due_sk", "=", mail.due_key))
        except ConditionFailedError:
            # Its lease had ended and another sweep has it, or the conversation is forgotten.
            return

    def _move(
        self, mail: CustomerMail, due: datetime, *, count: int = 0, doubts: int = 0, state: MailState | None = None
    ) -> CustomerMail | None:
        due_key = keys.due_at(due, mail.mail_id)
        if due_key == mail.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), mail.mail_id)
        try:
            item = self._table.update(
                keys.conversation(mail.conversation_id),
                visitor_keys.customer_mail(mail.mail_id),
                set={"by_due_sk": due_key, **({"state": state.value} if state else {})},
                add={"attempts": count, "n_unknown": doubts},
                condition=Compare("by_due_sk", "=", mail.due_key),
            )
        except ConditionFailedError:
            return None
        return mail_of(item)
