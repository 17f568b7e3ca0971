"""A stranger writes as a participant: nothing is joined that they have not proven, and nothing goes to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.identity import Principal, Role
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.services.receive_mail import Outcome, Received
from tests.component.received import OURS, PROVEN, SERVER, answered, mail, words
from tests.component.world import World

NOTHING_FOUND = f"{SERVER}; spf=fail smtp.mailfrom=evil.example; dkim=none; dmarc=none header.from=home.example"
OF_EVIL = f"{SERVER}; spf=pass smtp.mailfrom=evil.example; dmarc=pass header.from=evil.example"
SENT = "0100-ses@email.example"
HERS = "m1@home.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, support_address=OURS, mail_server_id=SERVER)


@pytest.fixture
def first(world: World) -> Received:
    received = world.receive(mail(X_Auto_Response_Suppress="All"))
    answered(world, received.conversation_id, SENT)
    return received


def ticket_of(world: World, received: Received) -> str:
    return world.container.conversations.get(received.conversation_id).ticket_id


def forged(world: World, first: Received, way: str, found: str, *, to: str = OURS, **headers: str) -> Received:
    """Receive a mail that leads to a thread by one of three ways."""
    subject = f"Re: Password [#{ticket_of(world, first)}]" if way == "ticket" else "Re: Password"
    if way != "ticket":
        headers["In_Reply_To"] = f"<{way}>"
    if found:
        headers["Authentication_Results"] = found
    text, own_id = "Please close my account.", "f1@evil.example"
    return world.receive(mail(text, to=to, subject=subject, message_id=own_id, files=None, **headers))


def untouched(world: World, first: Received) -> bool:
    thread = world.container.mailing.threads.get(first.conversation_id)
    people = {thread.customer.address, *thread.cc, *thread.participants}
    return people == {"ada@home.example"} and len(words(world, first.conversation_id)) == 1


@pytest.mark.parametrize("way", [SENT, HERS, "ticket"])
@pytest.mark.parametrize("sender", ["Ada <ada@home.example>", "=?utf-8?q?ada=40home.example=2C?= <eve@evil.example>"])
@pytest.mark.parametrize("found", [NOTHING_FOUND, OF_EVIL])
def test_whom_our_server_cannot_prove_gets_a_thread_of_their_own(
    world: World, first: Received, way: str, sender: str, found: str
) -> None:
    raw = mail("Please close my account.", message_id="f1@evil.example", Reply_To="eve@evil.example",
               Authentication_Results=found, In_Reply_To=f"<{way}>",
               subject=f"Re: Password [#{ticket_of(world, first) if way == 'ticket' else 'none'}]")  # fmt: skip
    eves = world.receive(raw.replace(b"Ada Byron <ada@home.example>", sender.encode()))
    assert eves.conversation_id != first.conversation_id
    assert untouched(world, first)
    assert world.container.mailing.threads.get(eves.conversation_id).linked == first.conversation_id


@pytest.mark.parametrize("way", [HERS, "ticket"])
def test_where_nobody_looks_at_senders_what_others_know_lets_nobody_in_who_wants_the_answer_elsewhere(
    world: World, first: Received, way: str
) -> None:
    eves = forged(world, first, way, "", Reply_To="eve@evil.example")
    assert eves.conversation_id != first.conversation_id
    assert untouched(world, first)


@pytest.mark.parametrize("found", ["", PROVEN])
def test_a_strangers_reply_to_never_becomes_a_threads_customer(world: World, first: Received, found: str) -> None:
    joined = forged(world, first, SENT, found, Reply_To="eve@evil.example")
    assert (joined.conversation_id, joined.outcome) == (first.conversation_id, Outcome.ANSWERING)
    thread = world.container.mailing.threads.get(first.conversation_id)
    assert (thread.customer.address, thread.cc) == ("ada@home.example", ())
    assert thread.participants == {"ada@home.example"}


def test_a_proven_participant_brings_in_copies_and_an_unproven_one_does_not(world: World, first: Received) -> None:
    forged(world, first, SENT, "", Cc="eve@evil.example", to=f"{OURS}, eva@evil.example")
    assert world.container.mailing.threads.get(first.conversation_id).cc == ()
    later = mail("My colleague wants to know it too.", message_id="m5@home.example", In_Reply_To=f"<{SENT}>",
                 Cc="carl@home.example", Authentication_Results=PROVEN)  # fmt: skip
    assert world.receive(later).conversation_id == first.conversation_id
    assert world.container.mailing.threads.get(first.conversation_id).cc == ("carl@home.example",)


def test_what_the_stranger_claims_of_themselves_is_not_what_our_server_found(tmp_path: Path) -> None:
    nobody_looks = World(tmp_path, support_address=OURS)
    received = nobody_looks.receive(mail())
    eves = forged(nobody_looks, received, HERS, "amazonses.com; dmarc=pass header.from=home.example")
    assert eves.conversation_id != received.conversation_id


@pytest.mark.parametrize("extra", [{"Return_Path": "<>"}, {"Auto_Submitted": "auto-replied"}, {"List_Id": "<a.b>"}])
def test_a_disowned_mail_is_not_joined_whatever_else_it_says_of_itself(
    world: World, first: Received, extra: dict[str, str]
) -> None:
    eves = forged(world, first, SENT, f"{SERVER}; dmarc=fail header.from=home.example", **extra)
    assert eves.conversation_id != first.conversation_id
    assert untouched(world, first)
    assert [one.mail_id for one in world.container.mailing.received.of_conversation(first.conversation_id)] == [
        first.mail_id
    ]


def test_answers_that_a_forger_wants_elsewhere_are_counted_with_whom_they_go_to(tmp_path: Path) -> None:
    world = World(tmp_path, support_address=OURS, mail_server_id=SERVER, mail_replies_per_sender=3)
    received = world.receive(mail())
    answered(world, received.conversation_id, SENT)
    reasons = []
    for number in range(3):
        raw = mail(f"This is question number {number} of many that I have.", message_id=f"q{number}@home.example",
                   In_Reply_To=f"<{SENT}>", Reply_To=f"eve{number}@evil.example")  # fmt: skip
        reasons.append(world.receive(raw).reason)
    assert reasons == [GateReason.ORDINARY] * 2 + [GateReason.SENDER_LIMIT]


@pytest.mark.parametrize("sender", ["ada@home.example, eve@evil.example", "A: ada@home.example, eve@evil.example;"])
def test_a_mail_of_several_senders_is_left_to_people(world: World, first: Received, sender: str) -> None:
    raw = mail("Any news?", message_id="f1@evil.example", In_Reply_To=f"<{SENT}>")
    eves = world.receive(raw.replace(b"Ada Byron <ada@home.example>", sender.encode()))
    twice = world.receive(b"From: eve@evil.example\r\n" + mail("Any news?", message_id="f2@evil.example"))
    for one in (eves, twice):
        assert (one.verdict, one.reason) == (Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)
        assert one.conversation_id != first.conversation_id
    assert untouched(world, first)


NESTED = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(100))


@pytest.mark.parametrize(
    "body",
    [
        'Content-Type: multipart/encrypted; boundary="b"\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\n'
        "Version: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nx\r\n--b--",
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nx",
        "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----",
        f"{NESTED}\r\nplease delete my account",
        "Content-Type: text/html\r\n\r\n<svg><text>please delete my account",
    ],
)
def test_a_mail_that_cannot_be_read_is_a_ticket_and_its_subject_is_not_answered(world: World, body: str) -> None:
    received = world.receive(f"From: ada@home.example\r\nTo: {OURS}\r\nSubject: Password\r\n{body}".encode())
    assert (received.outcome, received.reason) == (Outcome.WITH_PEOPLE, GateReason.UNREADABLE)
    assert ticket_of(world, received)
    assert world.engine.started == []


def test_a_mail_whose_subject_is_all_it_says_is_answered(world: World) -> None:
    assert world.receive(mail("", subject="How do I reset my password?")).verdict is Verdict.ANSWER


def test_a_mail_split_off_is_not_answered_to_a_stranger_either(world: World, first: Received) -> None:
    joined = forged(world, first, SENT, "", Reply_To="eve@evil.example")
    assert joined.conversation_id == first.conversation_id
    (record,) = (
        one
        for one in world.container.mailing.received.of_conversation(first.conversation_id)
        if one.mail_id == joined.mail_id
    )
    anna = Principal("anna", Role.AGENT, "Anna")
    new = world.container.mail_people.split.split(first.conversation_id, record.seq, anna).conversation_id
    thread = world.container.mailing.threads.get(new)
    assert (thread.customer.address, thread.cc) == ("ada@home.example", ())
