"""More of what is broken is read: header blocks, transfer encodings, charsets, names, types and forms of text."""

from __future__ import annotations

import base64
import quopri

import pytest

from firstline.adapters.mail_parameters import parameters, type_named
from firstline.adapters.mail_parser import MAX_PARTS, parse_mail
from firstline.adapters.mail_repair import repaired
from firstline.domain.mail.sender_proof import SES, SenderProof, sender_proof

HEAD = b"From: Ada <ada@home.example>\r\nTo: help@shop.example\r\nSubject: Lamp\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8"
WORDS = "Schöne Grüße, wo bleibt die Lampe für meine Küche? "
ENCODED = base64.encodebytes((WORDS * 6).encode()).replace(b"\n", b"\r\n")
QUOTED = quopri.encodestring((WORDS * 4).encode()).replace(b"\n", b"\r\n")
PROVEN = f"Authentication-Results: {SES}; dmarc=pass header.from=bank.example\r\n".encode()


def mail(content: bytes | str, *headers: str) -> bytes:
    body = content if isinstance(content, bytes) else content.encode()
    return HEAD + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


def parts(*several: str, kind: str = "mixed") -> bytes:
    body = "".join(f"--cut\r\n{part}\r\n" for part in several)
    return mail(f"{body}--cut--\r\n", f'Content-Type: multipart/{kind}; boundary="cut"')


# Transfer encodings


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (ENCODED, []),
        (ENCODED, ["Base-64"]),
        (ENCODED, ["x-whatever"]),
        (ENCODED, ["quoted-printable"]),
        (ENCODED, ["7bit", "base64"]),
        (QUOTED, []),
        (QUOTED, ["quoted_printable"]),
        (QUOTED, ["quoted-printible"]),
        (QUOTED, ["Quoted-Printable (by a relay);"]),
        (QUOTED, ["x-whatever"]),
        (QUOTED, ["base64"]),
        (QUOTED, ["8bit"]),
        (QUOTED, ["7bit", "quoted-printable"]),
        (quopri.encodestring(QUOTED), ["quoted-printable"]),
        (base64.encodebytes(QUOTED), ["base64"]),
        (QUOTED.replace(b"=\r\n", b"= \t\r\n"), ["quoted-printable"]),
        (QUOTED.replace(b"\r\n", b"\r"), ["quoted-printable"]),
        (ENCODED.replace(b"\r\n", b" *\r\n\r\n"), ["base64"]),
        (ENCODED.replace(b"=", b""), ["base64"]),
        (ENCODED[:9] + b"=\r\n" + ENCODED[9:], ["base64"]),
        (b"> " + ENCODED.strip().replace(b"\r\n", b"\r\n> "), ["base64"]),
    ],
)
def test_a_text_is_read_by_the_encoding_it_is_in(content: bytes, declared: list[str]) -> None:
    read = parse_mail(mail(content, PLAIN, *(f"Content-Transfer-Encoding: {name}" for name in declared)))
    assert " ".join(read.text.split()).startswith((WORDS * 4).strip())


@pytest.mark.parametrize(
    "words",
    [
        "Press x = y or open https://shop.example/?a=lamp&b=kitchen please.",
        "Title\n=====\nThe key=value pair a == b is missing.",
        "My mails show =C3=BC instead of a letter.",
        "Is the code abcdefghijklmnop right?",
    ],
)
@pytest.mark.parametrize("declared", ["7bit", "quoted-printable"])
def test_words_that_only_look_encoded_stay_as_they_are(words: str, declared: str) -> None:
    read = parse_mail(mail(words, PLAIN, f"Content-Transfer-Encoding: {declared}"))
    changed = declared == "quoted-printable" and "=C3=BC" in words
    assert read.text == (words.replace("=C3=BC", "ü") if changed else words)


def test_base64_of_several_blocks_is_read_to_its_end() -> None:
    blocks = b"\r\n".join(base64.b64encode(text.encode()) for text in ("One ö. ", "Two.\n", "Three"))
    assert parse_mail(mail(blocks, PLAIN, "Content-Transfer-Encoding: base64")).text == "One ö. Two.\nThree"


def test_words_around_the_base64_of_a_text_are_kept_and_those_below_a_file_are_not_its() -> None:
    notice, footer = b"This mail comes from outside of the company.\r\n", b"-- \r\nThis list is run by volunteers\r\n"
    read = parse_mail(mail(notice + ENCODED + footer, PLAIN, "Content-Transfer-Encoding: base64"))
    assert read.text.startswith(f"This mail comes from outside of the company.\n{WORDS}")
    assert read.text.endswith("-- \nThis list is run by volunteers\n")
    head = "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    [file] = parse_mail(parts(f"{head}UEsDBA==\r\nThis list is run by volunteers")).files
    assert file.content == b"PK\x03\x04"


def test_parts_that_stand_in_base64_are_read() -> None:
    inner = b"--cut\r\nContent-Type: text/plain\r\n\r\nWhere is it?\r\n--cut--\r\n"
    head = ("Content-Type: multipart/mixed; boundary=cut", "Content-Transfer-Encoding: base64")
    assert parse_mail(mail(base64.encodebytes(inner), *head)).text == "Where is it?"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_enclosed_mail_in_an_encoding_is_read(encoding: str) -> None:
    inner = (
        f"Message-ID: <in@x.example>\r\nSubject: Inner\r\n{PLAIN}\r\n\r\nDie Tür ist für alle zu, sagt er, und lacht."
    )
    encode = base64.encodebytes if encoding == "base64" else quopri.encodestring
    head = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    read = parse_mail(parts("Content-Type: text/plain\r\n\r\nSee below.", head + encode(inner.encode()).decode()))
    assert read.text.endswith("Subject: Inner\n\nDie Tür ist für alle zu, sagt er, und lacht.")
    assert (read.subject, read.enclosed_ids) == ("Lamp", ("in@x.example",))


# Header blocks


def test_lines_that_are_no_fields_are_left_out_of_a_header_block() -> None:
    raw = (
        HEAD + b"*** checked by a relay ***\r\n with a line of its own\r\nX-Two: 2\r\n" + PLAIN.encode() + b"\r\n\r\nhi"
    )
    read = parse_mail(raw)
    assert (read.subject, read.text, read.header("x-two")) == ("Lamp", "hi", "2")
    assert (read.sender_is_clear, read.problems) == (True, ("header_lines",))


def test_a_body_without_a_blank_line_before_it_loses_nothing() -> None:
    for body in (
        "Hello there,\r\nwhere is it?\r\n\r\nAda",
        "I wrote to you.\r\nFrom: me\r\nSubject: x\r\n\r\nDid you see it?",
    ):
        assert parse_mail(HEAD + body.encode()).text == body.replace("\r\n", "\n")


def test_blanks_before_a_colon_and_a_mailbox_s_separators_do_not_end_a_header_block() -> None:
    raw = b"From ada@home.example Mon Mar  3 10:00:00 2025\n>From ada@home.example Mon Mar  3 10:00:00 2025\n"
    raw += HEAD.replace(b"\r\n", b"\n") + b"Content-Type : text/html\nX-A\t: b\n\n<p>hi</p>"
    read = parse_mail(raw)
    assert (read.text, read.header("x-a"), read.subject) == ("hi", "b", "Lamp")
    assert read.sender is not None and (read.sender.address, read.sender_is_clear) == ("ada@home.example", True)


@pytest.mark.parametrize(
    "head",
    [
        b"To: a@b.example\r\nno field\r\nFrom: eve@bank.example\r\n",
        b"no field\r\nFrom: eve@bank.example\r\nTo: a@b.example\r\n",
        b"From : eve@bank.example\r\nTo: a@b.example\r\n",
        b"To: a@b.example\r\nFrom\t: eve@bank.example\r\n",
        b"From: ada@home.example\r\nFrom : eve@bank.example\r\n",
        b"From: eve@bank.example\r\nno field\r\nFrom: ada@home.example\r\n",
        b"From: eve@bank.example\r\nno field\r\nSender: ada@home.example\r\n",
        b"To: a@b.example\r\nno field\r\n" + b"X-A: b\r\n" * 6_000 + b"From: eve@bank.example\r\n",
    ],
)
def test_a_sender_that_another_reader_does_not_find_is_not_proven(head: bytes) -> None:
    read = parse_mail(PROVEN + head + b"\r\nPlease pay.")
    assert not read.sender_is_clear
    assert sender_proof(read, SES) is SenderProof.UNPROVEN


@pytest.mark.parametrize("odd", [b"no field\r\n", b"X-A : b\r\n"])
def test_what_a_server_reports_counts_only_above_all_that_is_put_right(odd: bytes) -> None:
    read = parse_mail(
        b"From: eve@bank.example\r\n" + odd + PROVEN + b"X-SES-Spam-Verdict: PASS\r\nTo: a@b.example\r\n\r\nx"
    )
    assert sender_proof(read, SES) is SenderProof.UNKNOWN
    assert read.header("x-ses-spam-verdict") == "" and read.to
    spaced = parse_mail(b"From: eve@bank.example\r\n" + PROVEN.replace(b":", b" :", 1) + b"To: a@b.example\r\n\r\nx")
    assert sender_proof(spaced, SES) is not SenderProof.PROVEN
    assert sender_proof(
        parse_mail(PROVEN + b"From: eve@bank.example\r\n" + odd + b"To: a@b.example\r\n\r\nx"), SES
    ) is (SenderProof.PROVEN)


def test_a_folded_line_below_one_that_is_no_field_is_not_the_field_s_above_it() -> None:
    read = parse_mail(b"To: a@b.example\r\nFrom: ada@home.example\r\nno field\r\n , eve@x.example\r\nX-A: b\r\n\r\nx")
    assert read.sender is not None and read.sender.address == "ada@home.example" and read.sender_is_clear


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_lines_may_end_in_each_way(end: str) -> None:
    raw = mail("Où est-elle ?\r\n", PLAIN).replace(b"\r\n", end.encode())
    read = parse_mail(b"\xef\xbb\xbf" + raw)
    assert (read.subject, read.text) == ("Lamp", "Où est-elle ?\n")


def test_a_header_block_that_keeps_the_rules_is_not_changed() -> None:
    raw = HEAD.decode() + "X-A: b\r\n c\r\n\r\nno field\r\nX: y\r\n\r\nz"
    assert repaired(raw).text == raw and not repaired(raw).doubtful


def test_thousands_of_lines_that_are_no_fields_end() -> None:
    read = parse_mail(HEAD + b"no field\r\nX-A: b\r\nX-B: c\r\nX-C: d\r\n" * 4_000 + b"\r\nwords")
    assert read.subject == "Lamp"


def test_fields_of_mime_below_a_blank_line_are_fields() -> None:
    read = parse_mail(HEAD + b"\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>hi</p>")
    assert (read.subject, read.text) == ("Lamp", "hi")
    assert parse_mail(parts("\r\nContent-Type: text/html\r\n\r\n<p>hi</p>")).text == "hi"
    asks = "Content-Type: what is it?\r\nAda"
    assert parse_mail(mail(asks)).text == asks.replace("\r\n", "\n")


# Types, parts and names


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("plain/text", "text/plain"),
        ("HTML/text; x=y", "text/html"),
        ("text", "text/plain"),
        ("html", "text/html"),
        ("text/plain charset=utf-8", "text/plain"),
        ("application/xhtml+xml", "text/html"),
        ("pdf/application", "application/pdf"),
        ("chemical/x-pdb", "chemical/x-pdb"),
        ("", "text/plain"),
    ],
)
def test_types_are_read_as_they_are_meant(written: str, kind: str) -> None:
    assert type_named(written) == kind


@pytest.mark.parametrize("declared", ["foo/bar", "txt/plain; charset=utf-8", "application/octet-stream", ";;;"])
def test_words_of_an_unknown_type_are_text(declared: str) -> None:
    assert parse_mail(mail("Où est-elle ?", f"Content-Type: {declared}")).text == "Où est-elle ?"


def test_a_file_that_is_said_to_be_text_is_a_file_and_no_text() -> None:
    read = parse_mail(mail(b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "Content-Type: text/plain"))
    assert (read.text, len(read.files)) == ("", 1)


def test_of_two_types_the_one_whose_boundary_stands_in_the_body_counts() -> None:
    body = "--cut\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--cut--"
    two = ("Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=cut")
    assert parse_mail(mail(body, *two)).text == "hi"
    assert parse_mail(mail(body)).text == "hi"
    assert parse_mail(mail("words", *two)).text == "words"


def test_parts_below_the_end_are_read_and_what_another_mail_has_there_is_not() -> None:
    inner = "Content-Type: multipart/alternative; boundary=cut\r\n\r\n"
    inner += "--cut\r\nContent-Type: text/plain\r\n\r\nhi\r\n--cut--\r\n"
    raw = parts(inner + "--cut\r\nContent-Type: text/csv; name=a.csv\r\n\r\na;b")
    assert [file.name for file in parse_mail(raw).files] == ["a.csv"]
    again = parts("Content-Type: text/plain\r\n\r\nhi")
    assert parse_mail(again + b"\r\n" + again).text == "hi"


def test_ends_upon_ends_are_read_once() -> None:
    raw = mail("--b\r\n\r\nx\r\n--b--\r\n" * 1_500, "Content-Type: multipart/mixed; boundary=b")
    read = parse_mail(raw)
    assert {"too_many_parts", "boundary"} <= set(read.problems) and read.text.count("x") == MAX_PARTS - 1


def test_html_of_a_word_is_not_taken_for_a_text_beside_it() -> None:
    read = parse_mail(
        parts(
            "Content-Type: text/plain\r\n\r\nMy lamp is broken.",
            "Content-Type: text/html\r\n\r\n<b>hi</b>",
            kind="alternative",
        )
    )
    assert read.text == "My lamp is broken."


def test_the_same_invitation_twice_is_one() -> None:
    event = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nDTSTART:20250304T090000Z\r\n"
    event += "SUMMARY:Visit\r\nEND:VEVENT\r\nEND:VCALENDAR"
    file = f"Content-Type: application/ics; name=visit.ics\r\n\r\n{event}"
    read = parse_mail(parts("Content-Type: text/plain\r\n\r\nhi", f"Content-Type: text/calendar\r\n\r\n{event}", file))
    assert read.text == "hi\n\n[Calendar: Visit | 2025-03-04 09:00 UTC | request]"
    assert [one.name for one in read.files] == ["visit.ics"]


def test_what_a_mac_keeps_beside_a_file_and_a_card_without_name_are_no_text() -> None:
    double = "Content-Type: multipart/appledouble; boundary=two\r\n\r\n"
    double += "--two\r\nContent-Type: application/applefile\r\n\r\nfork\r\n"
    double += "--two\r\nContent-Type: image/png; name=a.png\r\n\r\nPNG\r\n--two--"
    card = "Content-Type: text/x-vcard\r\n\r\nBEGIN:VCARD\r\nEND:VCARD"
    read = parse_mail(parts("Content-Type: text/plain\r\n\r\nhi", double, card))
    assert (read.text, [file.name for file in read.files]) == ("hi", ["a.png", ""])


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("attachment; filename=bill of march.pdf", "bill of march.pdf"),
        ('attachment; filename="Größe.pdf"', "Größe.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf"),
        ('attachment; filename*1="d.pdf"; filename*0=bil', "bild.pdf"),
        ('attachment; filename="a;b \\"c\\".pdf"; size=3', 'a;b "c".pdf'),
        ('attachment; filename="open.pdf', "open.pdf"),
        ("attachment; filename*=iso-8859-1'de'Gr%F6%DFe.pdf", "Größe.pdf"),
        ('attachment ; filename = "a.pdf"', "a.pdf"),
        ("attachment; filename=utf-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf"),
        ("attachment; filename=its'50%25'off.pdf", "its'50%25'off.pdf"),
        ("attachment\r\nContent-Disposition: attachment; filename=a.pdf", "a.pdf"),
    ],
)
def test_names_of_files_are_read_however_written(written: str, name: str) -> None:
    raw = f"Content-Type: application/pdf\r\nContent-Disposition: {written}\r\n\r\n%PDF"
    assert [file.name for file in parse_mail(raw.encode()).files] == [name]


def test_parameters_without_a_semicolon_before_them_are_read() -> None:
    assert parameters("text/plain charset=utf-8; format=flowed") == {"charset": "utf-8", "format": "flowed"}
    assert parameters("text/plain") == {}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?Q?Caf=C3=A9_am_Markt", "Café am Markt"),
        ("=?utf-8?Q?Caf=C3=A9_am_Markt=C3", "Café am Markt"),
        ("=?utf-8?B?Q2Fmw6kgYW0gTWFya3", "Café am Mark"),
        ("Re: =?utf-8?B?w6k?", "Re: é"),
        ("=?utf-8?Q?Caf=C3=A9 am Markt?=", "Café am Markt"),
        ("=?utf-8?Q?=3D=3Futf-8=3FQ=3FCaf=3DC3=3DA9=3F=3D?=", "Café"),
        ("what is =?utf-8?Q?this", "what is =?utf-8?Q?this"),
    ],
)
def test_encoded_words_without_an_end_are_read(written: str, shown: str) -> None:
    assert parse_mail(f"Subject: {written}\r\n\r\nx".encode()).subject == shown
