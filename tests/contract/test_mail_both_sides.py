"""Threads of mails, records and claims mean the same on both stores, and so does the intake over them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.received_mail import MailClaim, MailContent, ReceivedMail
from firstline.domain.mail.thread import MAX_REFERENCES, MailThread
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.ports import Table
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.services.receive_mail import Outcome
from tests.component.received import OURS, answered, mail, words
from tests.component.world import World
from tests.contract.conftest import SettableClock

THREAD = MailThread(
    "C1",
    "Parcel",
    OURS,
    Mailbox("ada@x.example", "Ada"),
    cc=("bob@x.example",),
    participants=frozenset({"ada@x.example"}),
    references=("m0@x.example",),
    linked="C0",
)


def threads(table: Table) -> MailThreadRepository:
    return MailThreadRepository(table, retention_days=90)


def received(table: Table) -> ReceivedMailRepository:
    return ReceivedMailRepository(table, retention_days=90)


def claim(clock: SettableClock, content: str = "c", **changes: object) -> MailClaim:
    made = MailClaim(content, f"mail-{content}", "C1", Verdict.ANSWER, GateReason.ORDINARY, clock.now(), is_new=True)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_thread_is_read_as_it_was_stored_and_written_by_who_has_read_it_last(
    table: Table, clock: SettableClock
) -> None:
    mine = threads(table)
    table.transact([mine.stored(THREAD, at=clock.now()), *mine.received("C1", "m0@x.example", at=clock.now())])
    read = mine.get("C1")
    assert read == replace(THREAD, last_received="m0@x.example", version=1)
    table.transact([mine.stored(replace(read, silent=True), at=clock.now())])
    assert (mine.get("C1").silent, mine.get("C1").version) == (True, 2)
    for late in (THREAD, read):
        with pytest.raises(ConditionFailedError):
            table.transact([mine.stored(late, at=clock.now())])
    assert mine.find("C2") is None
    with pytest.raises(NotFoundError):
        mine.get("C2")


def test_references_are_the_first_and_the_newest_and_answers_name_the_last_received(
    table: Table, clock: SettableClock
) -> None:
    mine = threads(table)
    table.transact([mine.stored(THREAD, at=clock.now()), *mine.received("C1", "m0@x.example", at=clock.now())])
    for number in range(40):
        clock.advance(60)
        table.transact(mine.received("C1", f"in{number}@x.example", at=clock.now()))
        clock.advance(60)
        sent = mine.sent(
            "C1", [f"ses{number}@ses.example", f"out{number}@shop.example"], automatic=True, at=clock.now()
        )
        table.transact(sent)
        table.transact(sent)
    read = mine.get("C1")
    assert len(read.references) == MAX_REFERENCES
    assert read.references[0] == "m0@x.example"
    assert read.references[-3:] == ("in39@x.example", "ses39@ses.example", "out39@shop.example")
    assert read.last_received == "in39@x.example"
    assert mine.automatic_replies("C1", since=clock.now() - timedelta(minutes=9)) == 5
    assert [
        (one.message_id, one.sent) for one in mine.known(["in0@x.example", "never@x.example", "ses0@ses.example"])
    ] == [
        ("in0@x.example", False),
        ("ses0@ses.example", True),
    ]
    assert mine.conversation_of("out0@shop.example") == "C1"
    assert mine.conversation_of("never@x.example") == ""


def test_the_key_of_threads_is_made_once_whoever_asks_first(table: Table) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: threads(table).key(), range(8)))
    assert len(found) == 1
    assert len(found.pop()) == 32


def test_a_mail_is_claimed_once_and_settled_once(table: Table, clock: SettableClock) -> None:
    mine = received(table)
    with ThreadPoolExecutor(4) as pool:
        won = list(
            pool.map(
                lambda n: mine.claim(claim(clock, mail_id=f"m{n}"), f"incoming/{n}", sender="a@x.example", words=["w"]),
                range(4),
            )
        )
    assert sorted(won) == [False, False, False, True]
    (winner,) = [number for number, one in enumerate(won) if one]
    found = mine.claim_of("c")
    assert found == claim(clock, mail_id=f"m{winner}")
    assert mine.claim_of_object(f"incoming/{winner}") == found
    assert mine.claim_of_object("incoming/9") is None
    assert found is not None
    table.transact([mine.done(found)])
    with pytest.raises(ConditionFailedError):
        table.transact([mine.done(found)])
    assert mine.claim_of("c") == replace(found, done=True)


@pytest.mark.parametrize("first", ["mail", "copy"])
def test_of_a_mail_and_its_copy_by_a_list_whichever_is_second_finds_the_first(
    table: Table, clock: SettableClock, first: str
) -> None:
    mine = received(table)
    contents = {"mail": MailContent("direct"), "copy": MailContent("listed", ("shorter", "direct"))}
    second = "copy" if first == "mail" else "mail"

    def claimed(name: str) -> bool:
        made, shorter = claim(clock, contents[name].own), contents[name].without_list
        return mine.claim(made, f"incoming/{name}", sender="", without_list=shorter)

    assert mine.claim_like(contents[first]) is None
    assert claimed(first)
    assert mine.claim_like(contents[first]) == mine.claim_like(contents[second]) == claim(clock, contents[first].own)
    # Both were judged before either was there.
    assert not claimed(second)
    # Another one that came through the list and begins alike is no copy of it.
    assert mine.claim_like(MailContent("other", ("shorter",))) is None
    assert mine.claim(claim(clock, "other"), "incoming/3", sender="", without_list=["shorter"])


def test_a_claim_that_goes_elsewhere_is_settled_there_alone(table: Table, clock: SettableClock) -> None:
    mine = received(table)
    before = claim(clock)
    mine.claim(before, "incoming/1", sender="")
    after = mine.redirect(before, "C2", is_new=False)
    assert (after.conversation_id, after.is_new) == ("C2", False)
    assert mine.redirect(before, "C3", is_new=True) == after
    with pytest.raises(ConditionFailedError):
        table.transact([mine.done(before)])
    table.transact([mine.noted(after)])
    with pytest.raises(ConditionFailedError):
        table.transact([mine.noted(after)])
    table.transact([mine.done(after)])


def test_a_senders_mails_are_counted_for_an_hour_and_words_kept_for_a_day(table: Table, clock: SettableClock) -> None:
    mine = received(table)
    for number in range(3):
        clock.advance(60)
        assert mine.claim(claim(clock, str(number)), f"k{number}", sender="a@x.example", words=[f"w{number}"])
    assert mine.sent_by("a@x.example", now=clock.now(), at_most=20) == 3
    assert mine.sent_by("a@x.example", now=clock.now(), at_most=2) == 2
    assert mine.sent_by("b@x.example", now=clock.now(), at_most=20) == 0
    assert (mine.said_in("w0"), mine.said_in("w9")) == ("C1", None)
    assert not mine.claim(claim(clock, "again"), "k9", sender="a@x.example", words=["w0"])
    clock.advance(3_600)
    assert mine.sent_by("a@x.example", now=clock.now(), at_most=20) == 1
    clock.advance(86_400)
    assert mine.said_in("w0") is None


def test_records_are_those_of_a_conversation_or_of_a_day(table: Table, clock: SettableClock) -> None:
    mine = received(table)
    full = ReceivedMail(
        "m1", clock.now(), Verdict.ANSWER, GateReason.ORDINARY, "C1", 3, "id@x.example", "a@x.example", "Ada",
        ("support@x.example",), ("b@x.example",), "Subject", "kept/1", ("f1",), ("charset",),
    )  # fmt: skip
    stray = ReceivedMail("m2", clock.now(), Verdict.SPAM, GateReason.SPAM_VERDICT, object_key="kept/2")
    later = replace(stray, mail_id="m3", received_at=clock.now() + timedelta(minutes=1))
    table.transact([mine.recorded(full), mine.recorded(stray), mine.recorded(later)])
    assert mine.of_conversation("C1") == [full]
    assert mine.get("C1", "m1") == full
    assert mine.keys_of("C1") == ["kept/1"]
    first, cursor = mine.of_day(clock.now().date(), limit=1)
    second, _ = mine.of_day(clock.now().date(), limit=1, cursor=cursor)
    assert [*first, *second] == [later, stray]
    assert mine.get_of_day(clock.now().date(), "m2") == stray
    assert mine.admitted("C1", since=clock.now()) == 1
    with pytest.raises(NotFoundError):
        mine.get("C1", "m2")


def test_a_mail_its_resend_and_its_reply_are_taken_in_alike(table: Table, clock: SettableClock, tmp_path: Path) -> None:
    world = World(tmp_path, table=table, support_address=OURS)
    world.clock.moment = clock.now()
    first = world.receive(mail(files={"log.txt": b"Error 17", "tool.exe": b"MZ"}))
    assert first.outcome is Outcome.ANSWERING
    again = world.receive(mail(files={"log.txt": b"Error 17", "tool.exe": b"MZ"}))
    assert (again.duplicate, again.mail_id) == (True, first.mail_id)
    answered(world, first.conversation_id, "ours@shop.example")
    reply = world.receive(mail("Still not.", message_id="m2@home.example", In_Reply_To="<ours@shop.example>"))
    filed = world.receive(mail("Notice.", message_id="m3@home.example", sender="noreply@x.example"))
    spam = world.receive(mail("Spam.", message_id="m4@home.example", X_SES_Spam_Verdict="FAIL"))
    assert reply.conversation_id == first.conversation_id
    assert [line.partition(":")[0] for line in words(world, first.conversation_id)] == [
        "system",
        "customer",
        "customer",
    ]
    assert world.container.conversations.get(filed.conversation_id).ticket_id
    assert spam.conversation_id == ""
