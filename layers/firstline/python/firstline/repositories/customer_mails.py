"""Mail to visitors that waits to be sent; it lies with its conversation, and is erased with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from firstline.domain.customer_mails import CustomerMail, CustomerMailKind
from firstline.domain.errors import ConditionFailedError, InvalidItemError, SchemaVersionError
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Exists, Item, Operation, Put, Update
from firstline.repositories import keys, visitor_keys
from firstline.repositories.schema import Schema

CUSTOMER_MAIL = Schema("customer_mail", version=1)

LEASE = timedelta(seconds=120)
"""How long one delivery may take; then another sweep tries it."""
_PAGE = 100
_LIMIT = 500


@dataclass
class DueMails:
    """Mails whose time has come."""

    mails: list[CustomerMail] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Keys of items that this code cannot read."""


class CustomerMailRepository:
    """Keys: ``CONV#<id>`` / ``MAIL#<mail id>``; index ``by_due``, partitions ``MAILDUE#<shard>``."""

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
            "created_at": mail.created_at.isoformat(),
            "attempts": 0,
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
                        found.mails.append(_mail(item))
                    except (SchemaVersionError, InvalidItemError, KeyError, ValueError):
                        found.unreadable.append(f"{item['pk']} / {item['sk']}")
                n_read, cursor = n_read + len(page.items), page.cursor
                if cursor is None:
                    break
        return found

    def take_up(self, mail: CustomerMail, *, now: datetime) -> CustomerMail | None:
        """Lease a due mail for one delivery, counting the attempt; None where another sweep has it, or it is gone."""
        return self._move(mail, now + LEASE, count=1)

    def put_off(self, mail: CustomerMail, *, until: datetime) -> None:
        """Have a leased mail tried again at that moment."""
        self._move(mail, until)

    def drop(self, mail: CustomerMail) -> None:
        """Remove a leased mail that is done with."""
        pk, sk = keys.conversation(mail.conversation_id), visitor_keys.customer_mail(mail.mail_id)
        try:
            self._table.delete(pk, sk, condition=Compare("by_due_sk", "=", mail.due_key))
        except ConditionFailedError:
            # Its lease had ended and another sweep has it, or the conversation is forgotten.
            return

    def _move(self, mail: CustomerMail, due: datetime, *, count: int = 0) -> CustomerMail | None:
        due_key = keys.due_at(due, mail.mail_id)
        if due_key == mail.due_key:
            # Somebody else's lease must never look like ours.
            due_key = keys.due_at(due + timedelta(milliseconds=1), mail.mail_id)
        try:
            item = self._table.update(
                keys.conversation(mail.conversation_id),
                visitor_keys.customer_mail(mail.mail_id),
                set={"by_due_sk": due_key},
                add={"attempts": count},
                condition=Compare("by_due_sk", "=", mail.due_key),
            )
        except ConditionFailedError:
            return None
        return _mail(item)


def _mail(item: Item) -> CustomerMail:
    item = CUSTOMER_MAIL.load(item)
    return CustomerMail(
        mail_id=str(item["mail_id"]),
        conversation_id=str(item["conversation_id"]),
        kind=CustomerMailKind(item["kind"]),
        address=str(item["address"]),
        language=str(item["language"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        seq=int(item["seq"]),
        attempts=int(item["attempts"]),
        due_key=str(item["by_due_sk"]),
    )
