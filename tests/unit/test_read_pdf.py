"""Pdf files as our Markdown: one that Chromium printed from the page beside it, the others drawn here."""

import random
import zlib
from pathlib import Path

import pytest

from firstline.adapters.documents.limits import ReadLimits
from firstline.adapters.documents.pdf import parse_pdf
from firstline.adapters.documents.pdf_process import read_pdf
from firstline.domain.errors import UnreadableDocumentError

TERMS = (Path(__file__).parents[1] / "fixtures" / "documents" / "service_terms.pdf").read_bytes()
BODY = "The router keeps what was set when it loses power and restarts"
FONTS = {"F": "Helvetica", "B": "Helvetica-Bold", "M": "Courier"}


def text(x: float, y: float, words: str, font: str = "F", size: float = 10) -> str:
    return f"BT /{font} {size} Tf {x} {y} Td ({words}) Tj ET\n"


def lines(x: float, y: float, *rows: str, font: str = "F", size: float = 10, pitch: float = 12) -> str:
    return "".join(text(x, y - number * pitch, row, font, size) for number, row in enumerate(rows))


def pdf(
    *pages: str, trailer: str = "", catalog: str = "", page_entries: str = "", more: tuple[bytes, ...] = ()
) -> bytes:
    fonts = " ".join(f"/{key} << /Type /Font /Subtype /Type1 /BaseFont /{name} >>" for key, name in FONTS.items())
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        f"<< /Font << {fonts} >> /XObject << /Im {4 + 2 * len(pages)} 0 R >> >>".encode(),
    ]
    for number, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources 3 0 R /Contents {5 + 2 * number} 0 R "
            f"{page_entries} >>".encode()
        )
        objects.append(
            f"<< /Length {len(page.encode('latin-1'))} >>\nstream\n".encode() + page.encode("latin-1") + b"\nendstream"
        )
    objects.append(
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        b"\nstream\n\x80\nendstream"
    )
    objects += more
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(content)}\n%%EOF\n"
    return content + end.encode()


PICTURE = "q 500 0 0 700 40 60 cm /Im Do Q\n"
GUIDE = pdf(
    text(60, 780, "Router guide", "B", 20)
    + lines(60, 740, BODY, "within a minute after the con-", "nection is back. Ask for e-mail.")
    + lines(60, 690, "It never loses the e-", "mail address.")
    + text(60, 650, "Steps", "B", 14)
    + text(60, 630, "1. Unplug it, and leave it alone for a")
    + text(72, 618, "minute.")
    + text(60, 606, "2. Look:")
    + text(80, 594, "\xb7 the lamp is dark")
    + text(60, 582, "3. Plug it in.")
    + text(60, 550, "Lamps", "B", 14)
    + lines(60, 530, "Lamp", "green", "red", "off", pitch=14)
    + lines(160, 530, "Meaning", "online", "no signal, or", "no power", pitch=14)
    + lines(300, 530, "Act", "nothing", "call us", "plug in", pitch=14)
    + text(60, 460, "Command", "B", 10)
    + lines(60, 444, "acme reset \\\\", "    --hard", font="M")
)


def test_a_drawn_page_becomes_headings_paragraphs_lists_tables_and_code():
    parsed = parse_pdf(GUIDE)
    assert parsed.markdown == (
        "# Router guide\n\n"
        f"{BODY} within a minute after the connection is back. Ask for e-mail.\n\n"
        "It never loses the e-mail address.\n\n"
        "## Steps\n\n1. Unplug it, and leave it alone for a minute.\n"
        "2. Look:\n   - the lamp is dark\n3. Plug it in.\n\n"
        "## Lamps\n\n| Lamp | Meaning | Act |\n| --- | --- | --- |\n| green | online | nothing |\n"
        "| red | no signal, or | call us |\n| off | no power | plug in |\n\n"
        "### Command\n\n```\nacme reset \\\n    --hard\n```\n"
    )
    assert parsed.anchors == ("page=1", "page=1", "page=1")


def test_a_printed_page_is_read_in_the_order_of_its_columns():
    parsed = parse_pdf(TERMS)
    marks = ["ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT", "GOLF"]
    assert [parsed.markdown.index(mark) for mark in marks] == sorted(parsed.markdown.index(mark) for mark in marks)
    headings = [line for line in parsed.markdown.splitlines() if line.startswith("#")]
    assert headings == ["# Service terms in plain words", "## Availability", "## Data", "## Support", "## Changes"]
    assert "kept for thirty-five days. Administrators" in parsed.markdown
    assert "understandable report.\n\nBRAVO" in parsed.markdown


def test_lists_links_and_tables_of_a_printed_page_are_kept():
    markdown = parse_pdf(TERMS).markdown
    assert (
        "- by mail to [the cancellation page](https://help.example.com/cancel)\n- in the settings:\n  - by the owner"
        in markdown
    )
    assert (
        "| Plan | Notice | Note |\n| --- | --- | --- |\n| Free | 0 days | nothing to cancel |\n| Pro | 30 days | the"
        in markdown
    )
    assert "by mistake, which we check |\n" in markdown


def test_running_heads_feet_and_page_numbers_go():
    pages = [
        text(60, 800, "Acme handbook - confidential", size=8)
        + lines(60, 700, f"Page text {word} stands here for its readers", BODY, BODY, BODY, BODY)
        + text(60, 40, f"Version 3, {number} of 4", size=8)
        + text(290, 20, str(number), size=8)
        for number, word in enumerate(("alpha", "beta", "gamma", "delta"), start=1)
    ]
    markdown = parse_pdf(pdf(*pages)).markdown
    assert [word in markdown for word in ("alpha", "beta", "gamma", "delta")] == [True] * 4
    assert "confidential" not in markdown
    assert "Version 3" not in markdown
    assert not any(line.strip().isdecimal() for line in markdown.splitlines())


def test_a_sentence_goes_on_over_a_page():
    markdown = parse_pdf(
        pdf(lines(60, 100, BODY, "and then it waits"), lines(60, 780, "for the signal.", BODY))
    ).markdown
    assert "and then it waits for the signal." in markdown


def test_a_page_turned_on_its_side_is_read_and_a_stamp_across_it_is_not():
    turned = f"BT /F 10 Tf 0 1 -1 0 100 60 Tm ({BODY}) Tj ET BT /F 10 Tf 0 1 -1 0 112 60 Tm (below it.) Tj ET\n"
    stamp = "BT /F 60 Tf 1 0 0 1 100 300 Tm (DRAFT) Tj ET\n"
    assert parse_pdf(pdf(turned + stamp, page_entries="/Rotate 90")).markdown == f"{BODY} below it.\n"


def test_the_outline_names_headings_that_look_like_text():
    entry = b"<< /Title (Opening) /Parent 7 0 R /Dest [4 0 R /Fit] >>"
    outline = (b"<< /First 8 0 R /Last 8 0 R /Count 1 >>", entry)
    page = text(60, 780, "Opening") + lines(60, 750, BODY, BODY)
    assert parse_pdf(pdf(page, catalog="/Outlines 7 0 R", more=outline)).markdown.startswith("# Opening\n\n")
    assert parse_pdf(pdf(page, more=outline)).markdown.startswith("Opening\n\n")


def test_pages_that_are_pictures_are_named_when_most_are_text():
    parsed = parse_pdf(pdf(PICTURE, lines(60, 700, BODY), lines(60, 700, "Another page of words")))
    assert parsed.metadata == {"pages": "3", "pages_without_text": "1"}


ENCRYPTED = pdf(
    lines(60, 700, BODY),
    trailer=f"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>",
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 and nothing more", "the pdf is broken"),
        (ENCRYPTED, "encrypted; save it without a password"),
        (pdf(PICTURE), "images only; run text recognition first"),
        (pdf(PICTURE, PICTURE, lines(60, 700, BODY)), "2 of the pdf's 3 pages hold images only"),
        (pdf(""), "holds no text"),
        (pdf(*["" for _ in range(7)]), "has 7 pages; the limit is 6"),
        (pdf(lines(60, 700, "word " * 300)), "too much text"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_its_reason(content, reason):
    with pytest.raises(UnreadableDocumentError, match=reason):
        parse_pdf(content, limits=ReadLimits(max_pages=6, max_characters=1000))


def test_reading_in_a_process_of_its_own_gives_the_same_document():
    assert read_pdf(TERMS) == parse_pdf(TERMS)


def test_the_reason_of_a_refusal_comes_out_of_the_process():
    with pytest.raises(UnreadableDocumentError, match="encrypted; save it without a password"):
        read_pdf(ENCRYPTED)


def test_a_pdf_that_takes_too_long_is_given_up():
    with pytest.raises(UnreadableDocumentError, match=r"within 0\.02 seconds"):
        read_pdf(TERMS, limits=ReadLimits(max_seconds=0.02))


def test_a_pdf_that_unpacks_into_too_much_is_given_up():
    squeezed = zlib.compress(zlib.compress(b"0 0 m " * 20_000_000, 1), 9)
    stream = (
        b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n" % len(squeezed) + squeezed + b"\nendstream"
    )
    content = pdf(lines(60, 700, BODY), more=(stream,)).replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    assert len(content) < 100_000
    limits = ReadLimits(max_memory_bytes=256 * 1024 * 1024, max_seconds=20)
    assert read_pdf(TERMS, limits=limits).markdown
    with pytest.raises(UnreadableDocumentError, match=r"memory|fail|broken|no text|seconds"):
        read_pdf(content, limits=limits)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_pdfs_are_read_or_refused_and_never_fail_otherwise(seed):
    chance = random.Random(seed)
    content = bytearray(chance.choice((TERMS, GUIDE)))
    for _ in range(chance.randint(0, 30)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    try:
        parsed = parse_pdf(bytes(content[: chance.choice((len(content), chance.randint(1, len(content))))]))
    except UnreadableDocumentError as error:
        assert str(error)
    else:
        assert parsed.markdown.strip()
