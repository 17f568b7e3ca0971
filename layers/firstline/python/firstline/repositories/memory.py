"""What is known of customers beyond one conversation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.memory import EarlierValue, Fact, FactKind
from firstline.domain.ports import Table
from firstline.domain.table import Absent, AllOf, Check, Compare, Delete, Exists, Item, NotExists, Operation, Update
from firstline.repositories import keys
from firstline.repositories.schema import Schema

FACT = Schema("fact", version=1)

_TRIES = 5


class MemoryRepository:
    """Keys: ``CUST#<id>`` / ``MEM#<kind>``, one fact of each kind.

    The newest statement stands, with the value that stood before it.

    A forgotten fact leaves a mark without its value, so that a message that is read a second time does not bring it
    back; the mark goes when that message can be read no more.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def of_customer(self, customer_id: str) -> list[Fact]:
        """Return the facts of a customer, in the order of their kinds' names."""
        items = self._table.query(keys.customer(customer_id), sk_prefix="MEM#", consistent=True).items
        return [fact for fact in (_fact(item) for item in items) if fact is not None]

    def get(self, customer_id: str, kind: FactKind) -> Fact:
        """Return a customer's fact. Raises ``NotFoundError``."""
        item = self._table.get(keys.customer(customer_id), keys.fact(kind))
        fact = _fact(item) if item else None
        if fact is None:
            raise _missing(kind)
        return fact

    def keep(self, customer_id: str, fact: Fact, *, also: tuple[Operation, ...] = ()) -> bool:
        """Keep a fact unless a newer one, or this one, is there; tell whether it was written.

        What stood before becomes ``previous``; the same value again is only renewed.

        Parameters
        ----------
        also : tuple of Operation
            What stands or falls with it.

        Raises
        ------
        NotFoundError
            There is no such customer, or no longer: they have become part of another.
        ConditionFailedError
            Others were faster again and again.
        """
        for _ in range(_TRIES):
            item = self._table.get(keys.customer(customer_id), keys.fact(fact.kind))
            standing = _fact(item) if item else None
            if item is not None and (_age(item) >= fact.age or not fact.replaces(standing)):
                return False
            kept = fact.model_copy(update={"previous": _replaced(standing, fact)})
            if self._write(customer_id, item, kept, also):
                return True
        raise ConditionFailedError(f"the fact {fact.kind} of {customer_id} changes all the time")

    def forget(self, customer_id: str, kind: FactKind, *, now: datetime, also: tuple[Operation, ...] = ()) -> None:
        """Forget a fact with its history. Raises ``NotFoundError``; ``ConditionFailedError`` as ``keep`` does."""
        for _ in range(_TRIES):
            item = self._table.get(keys.customer(customer_id), keys.fact(kind))
            if item is None or _fact(item) is None:
                raise _missing(kind)
            mark = {"stated_at": _stamp(now), "seq": 0, "expires_at": keys.expiry(now, self._retention_days)}
            update = Update(
                keys.customer(customer_id),
                keys.fact(kind),
                set=FACT.stamp(mark),
                remove=("body",),
                condition=_unchanged(item),
            )
            try:
                self._table.transact([update, *also])
            except ConditionFailedError:
                continue
            return
        raise ConditionFailedError(f"the fact {kind} of {customer_id} changes all the time")

    def forget_conversation(self, customer_id: str, conversation_id: str, message_times: Collection[datetime]) -> None:
        """Forget what was learned in a conversation, also where it stands behind a newer fact. Safe to repeat.

        Parameters
        ----------
        message_times : collection of datetime
            When the customer's messages of that conversation came, in UTC.

        Raises
        ------
        ConditionFailedError
            Others were faster again and again.
        """
        for kind in (fact.kind for fact in self.of_customer(customer_id)):
            self._forget_learned(customer_id, kind, conversation_id, message_times, only_then=False)

    def forget_stated(self, customer_id: str, conversation_id: str, message_times: Collection[datetime]) -> None:
        """Forget what was learned from some messages of a conversation, as ``forget_conversation`` does from all."""
        for kind in (fact.kind for fact in self.of_customer(customer_id)):
            self._forget_learned(customer_id, kind, conversation_id, message_times, only_then=True)

    def _forget_learned(
        self,
        customer_id: str,
        kind: FactKind,
        conversation_id: str,
        message_times: Collection[datetime],
        *,
        only_then: bool,
    ) -> None:
        for _ in range(_TRIES):
            item = self._table.get(keys.customer(customer_id), keys.fact(kind))
            fact = _fact(item) if item else None
            if item is None or fact is None:
                return
            before = fact.previous
            operation: Operation
            learned = not only_then or fact.stated_at.astimezone(UTC) in message_times
            if fact.conversation_id == conversation_id and learned:
                operation = Delete(item["pk"], item["sk"], condition=_unchanged(item))
            elif before is not None and before.stated_at.astimezone(UTC) in message_times:
                left = fact.model_copy(update={"previous": None}).model_dump_json()
                operation = Update(item["pk"], item["sk"], set={"body": left}, condition=_unchanged(item))
            else:
                return
            try:
                self._table.transact([operation])
            except ConditionFailedError:
                continue
            return
        raise ConditionFailedError(f"the fact {kind} of {customer_id} changes all the time")

    def move(self, visitor_id: str, known_id: str, *, days: int) -> None:
        """Give a visitor's facts to the known customer that they are; of two of a kind the newer stands.

        Parameters
        ----------
        days : int
            How long a known customer's fact is kept after it was stated, >= 1.

        Raises
        ------
        ConditionFailedError
            Others were faster again and again.
        """
        for item in self._table.query(keys.customer(visitor_id), sk_prefix="MEM#", consistent=True).items:
            self._move(visitor_id, known_id, str(item["sk"]), days)

    def _move(self, visitor_id: str, known_id: str, sk: str, days: int) -> None:
        for _ in range(_TRIES):
            item = self._table.get(keys.customer(visitor_id), sk)
            if item is None:
                return
            there = self._table.get(keys.customer(known_id), sk)
            operations: list[Operation] = [Delete(keys.customer(visitor_id), sk, condition=_unchanged(item))]
            if there is None or _age(there) < _age(item):
                operations.append(
                    Update(
                        keys.customer(known_id),
                        sk,
                        set=FACT.stamp(_moved(item, there, days)),
                        remove=() if "body" in item else ("body",),
                        condition=_unchanged(there),
                    )
                )
            try:
                self._table.transact(operations)
            except ConditionFailedError:
                continue
            return
        raise ConditionFailedError(f"{sk} of {visitor_id} or {known_id} changes all the time")

    def _write(self, customer_id: str, before: Item | None, fact: Fact, also: tuple[Operation, ...]) -> bool:
        pk = keys.customer(customer_id)
        # Of a visitor who has become a known customer nothing is kept: it would lie where nobody looks.
        whole = Check(pk, "PROFILE", AllOf((Exists(), Absent("joined_into"))))
        update = Update(pk, keys.fact(fact.kind), set=FACT.stamp(_content(fact)), condition=_unchanged(before))
        try:
            self._table.transact([update, whole, *also])
        except ConditionFailedError as error:
            if 1 in error.failed:
                raise NotFoundError(f"no customer {customer_id}") from error
            return False
        return True


def _fact(item: Item) -> Fact | None:
    loaded = FACT.load(item)
    return Fact.model_validate_json(loaded["body"]) if "body" in loaded else None


def _content(fact: Fact) -> Item:
    return {
        "body": fact.model_dump_json(),
        "stated_at": _stamp(fact.stated_at),
        "seq": fact.seq,
        "expires_at": int(fact.expires_at.timestamp()),
    }


def _moved(item: Item, there: Item | None, days: int) -> Item:
    fact, standing = _fact(item), _fact(there) if there else None
    if fact is None:
        return {name: item[name] for name in ("stated_at", "seq", "expires_at")}
    expires = fact.stated_at + timedelta(days=days)
    previous = fact.previous or _replaced(standing, fact)
    return _content(fact.model_copy(update={"expires_at": expires, "previous": previous}))


def _missing(kind: FactKind) -> NotFoundError:
    return NotFoundError(f"nothing is known of this customer's {kind}")


def _stamp(moment: datetime) -> str:
    """Return a time as text whose order is that of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _age(item: Item) -> tuple[datetime, int]:
    return datetime.fromisoformat(item["stated_at"]), int(item["seq"])


def _unchanged(item: Item | None) -> NotExists | AllOf:
    if item is None:
        return NotExists()
    return AllOf((Compare("stated_at", "=", item["stated_at"]), Compare("seq", "=", item["seq"])))


def _replaced(standing: Fact | None, by: Fact) -> EarlierValue | None:
    if standing is None:
        return None
    if standing.value == by.value:
        return standing.previous
    return EarlierValue(value=standing.value, provenance=standing.provenance, stated_at=standing.stated_at)
