"""Threads are joined by what only their participants can know."""

from __future__ import annotations

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.threading import (
    JoinedBy,
    KnownThread,
    ThreadChoice,
    ThreadTokens,
    Trust,
    choose_thread,
    ticket_numbers,
)

ID = "01HZX3V9KQ7M2N8P4R6S5T0W1Y"
TOKENS = ThreadTokens(b"a key of the tests that is long enough")
THREAD = KnownThread(ID, frozenset({"bo@mail.example"}))


def mail(**headers: str) -> str:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", "Hello"])


def named(**headers: str) -> list[str]:
    return list(TOKENS.named(parse_mail(mail(**headers).encode())))


def test_the_address_that_answers_go_to_names_the_thread() -> None:
    address = TOKENS.reply_address("support@shop.example", ID)
    assert len(address.partition("@")[0]) <= 64
    assert named(To=f"Shop Support <{address}>") == [ID]
    assert named(To="other@shop.example", Delivered_To=address.upper()) == [ID]


def test_the_id_of_our_mail_names_the_thread_in_references_and_in_reply_to() -> None:
    first, second = (TOKENS.message_id(ID, part, "shop.example") for part in ("A1", "A2"))
    assert named(To="support@shop.example", In_Reply_To=f"<{first}>") == [ID]
    assert named(To="support@shop.example", References=f"<x@y.example>\r\n <{first}> <{second}>")[0] == ID


@pytest.mark.parametrize("place", [0, 13, 25, 26, 30, 41])
def test_a_token_changed_in_one_place_names_nothing(place: int) -> None:
    token = TOKENS.token(ID)
    other = "2" if token[place] != "2" else "3"
    assert TOKENS.conversation_id(token[:place] + other + token[place + 1 :]) == ""


def test_a_token_of_another_key_names_nothing() -> None:
    assert TOKENS.conversation_id(ThreadTokens(b"another key").token(ID)) == ""
    assert TOKENS.conversation_id("") == ""


def test_whoever_holds_the_token_joins_and_takes_part() -> None:
    assert choose_thread("bo@mail.example", by_token=THREAD) == ThreadChoice(ID, JoinedBy.TOKEN)
    joined = choose_thread("colleague@mail.example", by_token=THREAD)
    assert joined == ThreadChoice(ID, JoinedBy.TOKEN, new_participant=True)


def test_ids_of_mails_and_ticket_numbers_let_only_participants_in() -> None:
    assert choose_thread("bo@mail.example", by_reference=THREAD).joined_by is JoinedBy.REFERENCE
    assert choose_thread("bo@mail.example", by_ticket=THREAD).joined_by is JoinedBy.TICKET
    assert choose_thread("eve@mail.example", by_reference=THREAD) == ThreadChoice(linked=ID)
    assert choose_thread("eve@mail.example", by_ticket=THREAD) == ThreadChoice(linked=ID)
    assert choose_thread("", by_ticket=THREAD) == ThreadChoice(linked=ID)


def test_ids_of_a_participants_own_mails_let_them_in_only_where_they_are_proven() -> None:
    assert choose_thread("bo@mail.example", by_their_mail=THREAD) == ThreadChoice(linked=ID)
    joined = choose_thread("bo@mail.example", by_their_mail=THREAD, proven=True)
    assert joined == ThreadChoice(ID, JoinedBy.REFERENCE, trust=Trust.COPIES)
    assert choose_thread("eve@mail.example", by_their_mail=THREAD, proven=True) == ThreadChoice(linked=ID)


def test_a_tickets_number_with_an_answer_wanted_elsewhere_needs_a_proven_sender() -> None:
    elsewhere = ["eve@evil.example"]
    assert choose_thread("bo@mail.example", by_ticket=THREAD, reply_to=elsewhere) == ThreadChoice(linked=ID)
    assert choose_thread("bo@mail.example", by_ticket=THREAD, reply_to=["bo@mail.example"]).conversation_id == ID
    proven = choose_thread("bo@mail.example", by_ticket=THREAD, reply_to=elsewhere, proven=True)
    assert proven == ThreadChoice(ID, JoinedBy.TICKET, trust=Trust.COPIES)


def test_only_the_token_brings_strangers_in() -> None:
    assert choose_thread("bo@mail.example", by_token=THREAD).trust is Trust.FULL
    assert choose_thread("bo@mail.example", by_reference=THREAD).trust is Trust.NOBODY_NEW


def test_a_mail_that_nothing_leads_anywhere_begins_a_thread() -> None:
    assert choose_thread("bo@mail.example") == ThreadChoice()


def test_ticket_numbers_are_read_from_a_subject() -> None:
    assert ticket_numbers("Re: [#FL-1A2B] my order [#fl-1a2b] [#XYZ-99]") == ["FL-1A2B", "XYZ-99"]
    assert ticket_numbers("my order FL-1A2B") == []
