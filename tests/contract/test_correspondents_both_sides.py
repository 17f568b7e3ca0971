"""What a correspondent has been given answers to is counted alike on both stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firstline.domain.customer_mails import CustomerMail, CustomerMailKind, ThreadLimitError
from firstline.domain.ports import Table
from firstline.repositories.correspondents import CorrespondentRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from tests.contract.conftest import SettableClock

ADA = "ada@home.example"


def test_mails_are_counted_for_a_day_and_a_month_until_a_person_writes(table: Table, clock: SettableClock) -> None:
    mine = CorrespondentRepository(table)
    for number in range(3):
        clock.advance(3_600)
        table.transact([mine.admitted(ADA, f"m{number}", conversation_id="C1", at=clock.now())])
        table.transact([mine.admitted(ADA, f"m{number}", conversation_id="C1", at=clock.now())])
    assert mine.admitted_since("Ada+7@home.example", now=clock.now(), at_most=9) == (3, 3)
    assert mine.admitted_since(ADA, now=clock.now(), at_most=2) == (2, 2)
    assert mine.admitted_since("bob@home.example", now=clock.now(), at_most=9) == (0, 0)
    clock.advance(86_400)
    assert mine.admitted_since(ADA, now=clock.now(), at_most=9) == (0, 3)
    table.transact([mine.attended(ADA, conversation_id="C1", at=clock.now())])
    clock.advance(60)
    assert mine.admitted_since(ADA, now=clock.now(), at_most=9) == (0, 0)
    table.transact([mine.admitted(ADA, "m9", conversation_id="C1", at=clock.now())])
    assert mine.admitted_since(ADA, now=clock.now(), at_most=9) == (1, 1)
    clock.advance(31 * 86_400)
    assert mine.admitted_since(ADA, now=clock.now(), at_most=9) == (0, 0)


def test_a_threads_replies_end_until_a_person_has_written(table: Table, clock: SettableClock) -> None:
    mine = CustomerMailRepository(table, retention_days=90)

    def begin(name: str, *, attends: bool = False) -> CustomerMail:
        clock.advance(86_400)
        mail = CustomerMail(name, "C1", CustomerMailKind.REPLY, ADA, "en", clock.now(), automatic=not attends)
        mine.put(mail)
        (due,) = (one for one in mine.due(now=clock.now()).mails if one.mail_id == name)
        taken = mine.take_up(due, now=clock.now())
        assert taken is not None
        if attends:
            return mine.begin(taken, now=clock.now(), attends=True)
        return mine.begin(taken, now=clock.now(), at_most=2, unattended=3)

    assert mine.unattended("C1") == 0
    again = begin("m1")
    begin("m2")
    begin("m3")
    assert mine.begin(replace(again, due_key=_due(mine, "m1", clock)), now=clock.now(), at_most=2, unattended=3)
    assert mine.unattended("C1") == 3
    with pytest.raises(ThreadLimitError):
        begin("m4")
    begin("m5", attends=True)
    assert mine.unattended("C1") == 0
    begin("m6")
    assert mine.unattended("C1") == 1


def _due(mails: CustomerMailRepository, name: str, clock: SettableClock) -> str:
    """Return the place of a mail in line after it was taken up once more."""
    found = mails.find("C1", name)
    assert found is not None
    taken = mails.take_up(found, now=clock.now())
    assert taken is not None
    return taken.due_key
