"""What a mail becomes in its conversation, and what it is recognised by."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from firstline.domain.mail.incoming import (
    CUT,
    MAX_COPIES,
    clean,
    copies_of,
    customer_of,
    files_of,
    message_of,
    new_thread,
    our_address,
    storable,
    thread_after,
)
from firstline.domain.mail.parsed_mail import Mailbox, MailFile, ParsedMail
from firstline.domain.mail.received_mail import Said, content_of, words_of
from firstline.domain.mail.thread import MAX_SUBJECT_CHARACTERS, bare_subject
from firstline.domain.text import checked_message

OURS = frozenset({"support@shop.example", "hello@shop.example"})
ADA = Mailbox("ada@x.example", "Ada")
MAIL = ParsedMail(subject="Re: Parcel", sender=ADA, to=(Mailbox("support@shop.example"),), message_id="m1@x.example")


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Parcel", "Parcel"),
        ("RE: FW: Re[2]: Parcel", "Parcel"),
        ("AW: WG: Rechnung", "Rechnung"),
        ("Antw: Factuur", "Factuur"),
        ("SV: VB: Faktura", "Faktura"),
        ("Odp: PD: Faktura", "Faktura"),
        ("RES: ENC: Fatura", "Fatura"),
        ("R: I: Fattura", "Fattura"),
        ("TR : Facture", "Facture"),
        ("YNT: İLT: Fatura", "Fatura"),
        ("回复\uff1a转发\uff1a订单", "订单"),
        ("Ref: order 17", "Ref: order 17"),
        ("Reset: how?", "Reset: how?"),
        ("", ""),
        ("Re:", ""),
    ],
)
def test_a_subject_loses_the_marks_of_replies_and_forwards_in_twelve_languages(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


def test_a_subject_of_marks_without_end_is_read_in_time_and_short() -> None:
    assert bare_subject("Re: " * 50_000) == ""
    assert len(bare_subject("x" * 10_000)) == MAX_SUBJECT_CHARACTERS


def test_the_subject_stands_in_front_of_a_first_mail_where_it_says_more() -> None:
    assert message_of(MAIL, "Where is my parcel?", first=True, max_characters=99) == "Where is my parcel?"
    assert message_of(MAIL, "Where is it?", first=True, max_characters=99) == "Subject: Parcel\n\nWhere is it?"
    assert message_of(MAIL, "Where is it?", first=False, max_characters=99) == "Where is it?"
    assert message_of(MAIL, "", first=True, max_characters=99) == "Parcel"
    assert message_of(MAIL, "", first=False, max_characters=99) == ""


def test_a_mail_that_only_quotes_keeps_its_text_unless_its_files_say_something() -> None:
    quoting = replace(MAIL, text="> Where is it?")
    assert message_of(quoting, "", first=False, max_characters=99) == "> Where is it?"
    with_file = replace(quoting, files=(MailFile("a.txt", "text/plain", b"x"),))
    assert message_of(with_file, "", first=False, max_characters=99) == ""


@pytest.mark.parametrize("length", [10, 99, 100, 101, 5_000])
def test_long_words_are_cut_to_what_a_message_may_have_and_marked(length: int) -> None:
    text = message_of(MAIL, "x" * length, first=False, max_characters=100)
    assert len(text) <= 100
    assert text.endswith(CUT) == (length > 100)


def test_what_is_left_of_any_characters_is_a_message_or_nothing() -> None:
    everything = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Cc", "Cs", "Cf", "Zl")]
    assert checked_message(clean("a" + "".join(everything) + "b"), max_characters=1_000)
    assert clean("".join(everything)) == ""
    # Joiners make other letters and emojis of what they stand between.
    assert clean("\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}") == "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"


def test_files_get_names_and_small_pictures_of_signatures_are_left_out() -> None:
    mail = replace(
        MAIL,
        files=(
            MailFile("logo.png", "image/png", bytes(900), inline=True),
            MailFile("", "image/png", bytes(90_000), inline=True),
            MailFile("a\x00b.pdf", "application/pdf", b"x"),
        ),
    )
    assert [name for name, _ in files_of(mail)] == ["attachment-2.png", "ab.pdf"]


def test_our_address_is_the_one_that_was_written_to_without_its_plus_part() -> None:
    known = ("support@shop.example", "help@shop.example")
    to_help = replace(MAIL, to=(Mailbox("help+token@shop.example"),))
    assert our_address(to_help, known) == "help@shop.example"
    forwarded = replace(MAIL, to=(Mailbox("old@x.example"),), headers=(("delivered-to", "<help@shop.example>"),))
    assert our_address(forwarded, known) == "help@shop.example"
    assert our_address(replace(MAIL, to=()), known) == "support@shop.example"


@pytest.mark.parametrize(
    ("reply_to", "address"),
    [
        ((), "ada@x.example"),
        ((Mailbox("work@x.example"),), "work@x.example"),
        ((Mailbox("support+t@shop.example"),), "ada@x.example"),
        ((Mailbox("no address"),), "ada@x.example"),
    ],
)
def test_answers_go_where_the_mail_says_and_never_to_us(reply_to: tuple[Mailbox, ...], address: str) -> None:
    assert customer_of(replace(MAIL, reply_to=reply_to), OURS).address == address


def test_a_sender_without_an_address_that_takes_mail_is_nobody() -> None:
    for address in ("a@b", "x@127.0.0.1", "a\r\nBcc: c@d.example", "support@shop.example"):
        assert customer_of(replace(MAIL, sender=Mailbox(address)), OURS).address == ""


def test_copies_go_to_all_others_and_to_none_of_too_many() -> None:
    few = tuple(Mailbox(f"p{number}@x.example") for number in range(MAX_COPIES))
    mail = replace(MAIL, cc=(*few, ADA, Mailbox("hello+x@shop.example")))
    assert copies_of(mail, ADA, OURS) == tuple(mailbox.address for mailbox in few)
    assert copies_of(replace(mail, cc=(*few, Mailbox("one@more.example"))), ADA, OURS) == ()


def test_all_whom_a_mail_names_for_answers_get_one() -> None:
    named = tuple(Mailbox(f"{name}@x.example") for name in "abcde")
    mail = replace(MAIL, reply_to=named)
    customer = customer_of(mail, OURS)
    assert (customer.address, *copies_of(mail, customer, OURS)) == tuple(mailbox.address for mailbox in named)


def test_a_thread_follows_who_writes_and_keeps_in_copy_who_still_waits() -> None:
    thread = new_thread("C1", MAIL, ours=OURS, to="support@shop.example", silent=True, linked="C0")
    assert (thread.subject, thread.participants, thread.references, thread.silent, thread.linked) == (
        "Parcel",
        {"ada@x.example"},
        ("m1@x.example",),
        True,
        "C0",
    )
    bobs = replace(MAIL, sender=Mailbox("bob@x.example", "Bob"))
    after = thread_after(thread, bobs, ours=OURS, new_participant=True, waiting=True)
    assert (after.customer.address, after.cc, after.silent) == ("bob@x.example", ("ada@x.example",), False)
    assert after.participants == {"ada@x.example", "bob@x.example"}
    quiet = thread_after(thread, bobs, ours=OURS, new_participant=False, waiting=False)
    assert (quiet.cc, quiet.participants) == ((), {"ada@x.example"})


def test_a_mail_is_recognised_by_its_id_and_all_it_says_and_without_an_id_by_its_bytes() -> None:
    mail = replace(MAIL, text="Where is my parcel? I have been waiting for it since Monday of last week.")
    once = content_of(mail, b"one")
    assert once == content_of(replace(mail, text=f"  {mail.text}\r\n", headers=(("received", "x"),)), b"two")
    for other in (
        replace(mail, message_id="m2@x.example"),
        replace(mail, sender=Mailbox("eve@x.example")),
        replace(mail, reply_to=(Mailbox("eve@x.example"),)),
        replace(mail, text=f"{mail.text} Please cancel it."),
        replace(mail, text=f"{mail.text}\n-- \nPS: please cancel it."),
        replace(mail, subject="Invoice"),
        replace(mail, files=(MailFile("a.txt", "text/plain", b"a"),)),
        replace(mail, references=("q1@shop.example",)),
    ):
        assert content_of(other, b"one").own != once.own
    one, other = (replace(mail, files=(MailFile("a.txt", "text/plain", content),)) for content in (b"a", b"b"))
    assert content_of(one, b"").own != content_of(other, b"").own
    nameless = replace(mail, message_id="")
    assert content_of(nameless, b"one") == content_of(nameless, b"one") != content_of(nameless, b"two")


def test_of_mails_of_which_nothing_was_read_the_bytes_below_the_header_count() -> None:
    mail = replace(MAIL, text="")
    first, again, other = (
        content_of(mail, raw) for raw in (b"A: 1\r\n\r\nx\r\n\r\ny", b"A: 2\r\n\r\nx\r\n\r\ny", b"A: 1\r\n\r\nz")
    )
    assert first == again != other


@pytest.mark.parametrize("rule", ["-- ", "_" * 47, "-=-=-=-=-", "#" * 20])
def test_a_lists_copy_names_the_mail_without_the_lines_of_the_list(rule: str) -> None:
    mail = replace(MAIL, text="Where is my parcel?\n--\nAda")
    text = f"{mail.text}\n{rule}\nShop mailing list\nshop@lists.example"
    copy = replace(
        mail,
        text=text,
        subject=f"[Shop] {mail.subject}",
        headers=(("list-id", "<shop.lists.example>"),),
        reply_to=(Mailbox("shop@lists.example"),),
    )
    assert content_of(mail, b"").own in content_of(copy, b"").without_list
    assert content_of(replace(copy, headers=()), b"").without_list == ()


def test_the_same_words_are_those_of_one_sender_subject_and_files() -> None:
    words = words_of(MAIL, "Where is my parcel? It was sent on Monday.")
    assert words == words_of(replace(MAIL, message_id="m2@x.example"), "where IS my parcel - it was sent on Monday")
    for other in (
        replace(MAIL, sender=Mailbox("bob@x.example")),
        replace(MAIL, reply_to=(Mailbox("bob@x.example"),)),
        replace(MAIL, subject="Invoice"),
    ):
        assert words_of(other, "Where is my parcel? It was sent on Monday.").answering != words.answering
    assert words_of(MAIL, "") == words_of(replace(MAIL, sender=None), "Where is it?") == Said()


@pytest.mark.parametrize("text", ["Yes.", "Yes, please do that for me.", "\N{CJK UNIFIED IDEOGRAPH-597D}"])
def test_a_short_yes_to_another_mail_is_another_answer(text: str) -> None:
    one, other = replace(MAIL, references=("q1@shop.example",)), replace(MAIL, references=("q2@shop.example",))
    assert words_of(one, text).answering != words_of(other, text).answering
    assert words_of(one, text).anywhere == ""


def test_a_long_answer_is_known_again_in_answer_to_whatever_mail() -> None:
    one, other = replace(MAIL, references=("q1@shop.example",)), replace(MAIL, references=("q2@shop.example",))
    text = "We have received your message and will answer within two working days."
    assert words_of(one, text).answering != words_of(other, text).answering
    assert words_of(one, text).anywhere == words_of(other, text).anywhere != ""


def test_halves_of_characters_in_ids_and_addresses_are_replaced() -> None:
    broken = replace(
        MAIL, message_id="a\ud800b", references=("r\udfff",), sender=Mailbox("a\ud800@x.example", "\ud800")
    )
    whole = storable(broken)
    assert (whole.message_id, whole.references, whole.sender) == ("a?b", ("r?",), Mailbox("a?@x.example", "?"))
