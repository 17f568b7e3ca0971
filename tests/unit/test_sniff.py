"""What a file is by its content, how large it may be, and how csv exports are read."""

import io
import zipfile

import pytest

from firstline.adapters.documents.limits import ReadLimits, check_size
from firstline.adapters.documents.read import read_file
from firstline.adapters.documents.sniff import check_kind, sniff
from firstline.adapters.documents.tables import column_name, read_csv
from firstline.domain.errors import UnreadableDocumentError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name in names:
            opened.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"\n\n%PDF-1.4\n", "pdf"),
        (archive("[Content_Types].xml", "word/document.xml"), "docx"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "other_office"),
        (archive("notes.txt"), "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "office_encrypted_or_old"),
        (PNG, "picture"),
        (b"<!-- made by us --><!DOCTYPE html><html>", "html"),
        (b"\xef\xbb\xbf<html lang='de'>", "html"),
        (b"<p>A fragment</p>", "text"),
        ("Gr\u00fc\u00dfe".encode("utf-16"), "text"),
        (b"\x01\x00\x02", "binary"),
        (b"{\\rtf1 text}", "binary"),
        (b"", "text"),
    ],
)
def test_the_kind_is_told_by_the_content(content, kind):
    assert sniff(content) == kind


def test_a_long_row_of_comments_is_looked_through_at_once():
    assert sniff(b"<!-- -->" * 900 + b"no page") == "text"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("scan.pdf", PNG, "its name ends in .pdf, but its content is a picture"),
        ("notes.txt", archive("[Content_Types].xml", "word/document.xml"), "its content is a Word document"),
        ("page.md", b"<!doctype html><p>Hello</p>", "its content is a web page"),
        ("sheet.docx", archive("[Content_Types].xml", "xl/workbook.xml"), "its content is another Office file"),
        ("a.docx", b"plain words", "its content is plain text"),
        ("a.exe", b"MZ", "the extension .exe is not one of md"),
        ("README", b"words", r"the extension \(none\)"),
    ],
)
def test_a_wrong_extension_is_refused_with_what_the_file_really_is(name, content, reason):
    with pytest.raises(UnreadableDocumentError, match=reason):
        check_kind(name, content)


def test_a_fragment_of_html_is_no_wrong_extension():
    assert read_file("part.html", b"<h2>Hours</h2><p>From nine to five.</p>").markdown.startswith("## Hours")


def test_a_file_is_refused_by_its_size_before_it_is_read():
    limits = ReadLimits(max_bytes=1024 * 1024)
    check_size(1024 * 1024, limits)
    with pytest.raises(UnreadableDocumentError, match=r"has 200\.0 MB; the limit is 1 MB"):
        check_size(200 * 1024 * 1024, limits)
    with pytest.raises(UnreadableDocumentError, match="empty"):
        check_size(0, limits)


def test_column_names_are_known_by_their_usual_synonyms():
    names = ["Question", " FAQ ", "Response", "Ticket Subject", "body", "Solution", "created_at", "L\u00f6sung", "Mood"]
    assert [column_name(name) for name in names] == [
        "question", "question", "answer", "subject", "description", "resolution", "date", "resolution", "mood",
    ]  # fmt: skip


def test_an_export_with_semicolons_and_windows_letters_is_read():
    table = read_csv('Frage;Antwort;Kategorie\r\n"Wo ist; er?";"Im B\xfcro,\r\noben";Konto\r\n'.encode("cp1252"))
    assert table.rows[0].fields["question"] == "Wo ist; er?"
    assert "Im B\xfcro,\noben" in table.rows[0].fields.values()
    assert (table.metadata["encoding"], table.metadata["delimiter"]) == ("cp1252", ";")
    assert table.rows[0].line == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_utf8_with_a_mark_read(delimiter):
    text = delimiter.join(("Subject", "Description", "Resolution")) + "\n" + delimiter.join(("A", "B b", "C"))
    table = read_csv(b"\xef\xbb\xbf" + text.encode())
    assert table.rows[0].fields == {"subject": "A", "description": "B b", "resolution": "C"}
    assert table.metadata["encoding"] == "utf-8-sig"


def test_the_separator_line_of_a_spreadsheet_is_obeyed():
    table = read_csv(b"sep=;\nquestion;answer\nwhy, and how?;so\n")
    assert (table.rows[0].line, table.rows[0].fields["question"]) == (3, "why, and how?")


def test_a_column_that_bears_the_name_itself_wins_over_a_synonym():
    table = read_csv(b"title,subject,description\nx,y,z\n")
    assert table.rows[0].fields == {"title": "x", "subject": "y", "description": "z"}


def test_broken_rows_are_named_and_the_others_kept():
    table = read_csv(b'question,answer\na,b\n"c"d,e\nf,g,h,i\n\nj,k\nl\n')
    assert [row.fields for row in table.rows] == [
        {"question": "a", "answer": "b"},
        {"question": "j", "answer": "k"},
        {"question": "l", "answer": ""},
    ]
    assert [line for line, _ in table.problems] == [3, 4]
    assert "4 cells where the header names 2" in table.problems[1][1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"question,answer\n", "no row can be read"),
        (b"question,answer\na,\0b\n", "NUL"),
        (b'question,answer\n"never closed,b\n' + b"x" * 200_000, "line 3: not csv"),
    ],
)
def test_a_table_without_a_readable_row_is_refused(content, reason):
    with pytest.raises(UnreadableDocumentError, match=reason):
        read_csv(content)


def test_a_table_with_too_many_rows_is_refused():
    with pytest.raises(UnreadableDocumentError, match="more than 2 rows"):
        read_csv(b"question,answer\n" + b"a,b\n" * 3, limits=ReadLimits(max_rows=2))
