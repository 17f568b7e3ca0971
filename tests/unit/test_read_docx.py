"""Word documents as our Markdown."""

import io
import random
import zipfile
from xml.sax.saxutils import escape

import pytest

from firstline.adapters.documents.docx import read_docx
from firstline.adapters.documents.limits import ReadLimits
from firstline.domain.errors import UnreadableDocumentError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
STYLES = f"""<w:styles {W}>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="Sub"/></w:style>
<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:type="paragraph" w:styleId="Quelle"><w:name w:val="Source Code"/></w:style>
<w:style w:type="paragraph" w:styleId="Toc"><w:name w:val="toc 1"/></w:style></w:styles>"""
NUMBERING = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="8"><w:abstractNumId w:val="1"/></w:num></w:numbering>"""
NOTES = f"""<w:footnotes {W}><w:footnote w:id="0" w:type="separator"><w:p/></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:t>Without weekends.</w:t></w:r></w:p></w:footnote></w:footnotes>"""


def p(text: str, style: str = "", number: tuple[int, int] | None = None, run: str = "") -> str:
    listed = f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>' if number else ""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    text = f'<w:r><w:rPr>{run}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{named}{listed}</w:pPr>{text}</w:p>"


def docx(body: str, *, xml_head: str = "", more: dict[str, str] | None = None) -> bytes:
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Id="r" Type="{KIND}officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="c" Type="{KIND}metadata/core-properties" Target="/docProps/core.xml"/></Relationships>',
        "word/document.xml": f"{xml_head}<w:document {W} {R}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": "<Relationships>"
        + "".join(
            f'<Relationship Id="{kind}" Type="{KIND}{kind}" Target="{kind}.xml"/>'
            for kind in ("styles", "numbering", "footnotes")
        )
        + f'<Relationship Id="h1" Type="{KIND}hyperlink" Target="https://help.example.com/x" TargetMode="External"/>'
        "</Relationships>",
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
        "word/footnotes.xml": NOTES,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**parts, **(more or {})}.items():
            archive.writestr(name, text)
    return packed.getvalue()


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(p(line) for line in text.splitlines())}</w:tc>"


GUIDE = docx(
    p("Refund guide", "Titel")
    + p("Contents ... 1", "Toc")
    + p("Who may ask", "berschrift1")
    + p("Open Billing.", number=(7, 0))
    + p("as an owner", number=(7, 1))
    + p("Press Refund.", number=(7, 0))
    + p("Fees", "Mine")
    + "<w:tbl><w:tr>"
    + cell("Plan")
    + cell("Fee")
    + "</w:tr><w:tr>"
    + cell("Pro", '<w:vMerge w:val="restart"/>')
    + cell("2 EUR\nby card")
    + "</w:tr><w:tr>"
    + cell("", "<w:vMerge/>")
    + cell("3 EUR | transfer")
    + "</w:tr></w:tbl>"
    + p("First again.", number=(8, 0))
    + p("acme refund \\", "Quelle")
    + p("  --all", "Quelle")
    + '<w:p><w:r><w:t>Five days</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
    '<w:r><w:t xml:space="preserve"> at most, see </w:t></w:r>'
    '<w:hyperlink r:id="h1"><w:r><w:t>the page</w:t></w:r></w:hyperlink>'
    "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t>!</w:t></w:r></w:ins>"
    "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
)

EXPECTED = """# Refund guide

## Who may ask

1. Open Billing.
   - as an owner
2. Press Refund.

### Fees

| Plan | Fee |
| --- | --- |
| Pro | 2 EUR; by card |
| Pro | 3 EUR \\| transfer |

1. First again.

```
acme refund \\
  --all
```

Five days [1] at most, see [the page](https://help.example.com/x)!

[1] Without weekends.
"""


def test_a_document_keeps_headings_lists_tables_code_notes_and_links():
    parsed = read_docx(GUIDE)
    assert parsed.markdown == EXPECTED
    assert parsed.title == "Refund guide"
    assert parsed.anchors == ("", "")


def test_a_document_without_heading_styles_has_its_bold_lines_as_headings():
    parsed = read_docx(docx(p("Opening", run="<w:b/>") + p("Nine to five.") + p("Never", run='<w:b w:val="0"/>')))
    assert parsed.markdown == "# Opening\n\nNine to five.\n\nNever\n"


def test_the_title_of_the_properties_is_used_where_the_text_has_none():
    core = (
        "<p xmlns:dc='urn:dc'><dc:title>Hours</dc:title><dc:creator>Ann</dc:creator>"
        "<dc:language>de-DE</dc:language></p>"
    )
    parsed = read_docx(docx(p("Nine to five."), more={"docProps/core.xml": core}))
    assert (parsed.title, parsed.markdown) == ("Hours", "# Hours\n\nNine to five.\n")
    assert parsed.metadata == {"author": "Ann", "language": "de"}


def test_a_text_box_is_read_once_and_a_frame_of_one_cell_as_text():
    box = "<w:txbxContent>" + p("In the box.") + "</w:txbxContent>"
    choice = f'<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>'
    body = f"<w:p><w:r>{choice}</mc:AlternateContent></w:r></w:p><w:tbl><w:tr>{cell('Framed.')}</w:tr></w:tbl>"
    assert read_docx(docx(body)).markdown == "In the box.\n\nFramed.\n"


def test_a_style_based_on_itself_is_a_plain_paragraph():
    assert read_docx(docx(p("Round.", "Loop"))).markdown == "Round.\n"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (docx(""), "holds no text"),
        (docx(p("Only a title", "Titel")), "holds no text"),
        (GUIDE[:-200], "no complete zip"),
        (docx(p("a") + "<w:p>"), "word/document.xml is not well-formed"),
        (docx(p("x"), xml_head=LAUGHS), "declares a document type"),
        (docx("<w:sdt>" * 250 + "</w:sdt>" * 250), "nested more than 200 deep"),
        (docx(p("a" * 9_000_000)), "as a zip bomb does"),
        (docx(p("x"), more={"word/media/a.bin": "0" * 60_000_000}), "as a zip bomb does"),
        (docx(p("long words " * 60_000, run="<w:b/>") + p("end")), "more than 1000 characters"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted; save it without"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, r"old \.doc; save it as docx"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_its_reason(content, reason):
    with pytest.raises(UnreadableDocumentError, match=reason):
        read_docx(content, limits=ReadLimits(max_expanded_bytes=50_000_000, max_characters=1000))


def test_a_zip_bomb_that_declares_a_small_size_is_found_while_unpacking():
    content = bytearray(docx(p("a" * 9_000_000)))
    size = (9_000_000).to_bytes(4, "little")[2:]
    directory = content.rindex(b"PK\x01\x02", 0, content.index(b"word/document.xml", content.index(b"PK\x01\x02")))
    assert content[directory + 26 : directory + 28] == size
    content[directory + 24 : directory + 28] = (500).to_bytes(4, "little")
    with pytest.raises(UnreadableDocumentError, match=r"broken|zip bomb"):
        read_docx(bytes(content))


@pytest.mark.parametrize("seed", range(150))
def test_damaged_documents_are_read_or_refused_and_never_fail_otherwise(seed):
    chance = random.Random(seed)
    content = bytearray(GUIDE)
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    try:
        parsed = read_docx(bytes(content[: chance.choice((len(content), chance.randint(1, len(content))))]))
    except UnreadableDocumentError as error:
        assert str(error)
    else:
        assert parsed.markdown.strip()


@pytest.mark.parametrize("seed", range(100))
def test_damaged_parts_are_read_or_refused_and_never_fail_otherwise(seed):
    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(GUIDE)) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    for _ in range(3):
        part = parts[chance.choice(sorted(parts))]
        start = chance.randrange(len(part))
        part[start : start + chance.randint(0, 8)] = chance.choice((b"", b"9999999", b"<", b'"', b"w:", b"-1", b"\xff"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, bytes(content))
    try:
        parsed = read_docx(packed.getvalue())
    except UnreadableDocumentError as error:
        assert str(error)
    else:
        assert parsed.markdown.strip()
