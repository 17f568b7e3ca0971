"""Files are read into documents, or named with the reason why not."""

import json
from datetime import date

import pytest

from firstline.adapters.documents.reader import FileReader
from firstline.domain.chunking import chunk_document
from firstline.domain.documents import category_from_path, category_named, heading_anchor, is_knowledge, language_named
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.markdown import split_blocks, split_sections
from firstline.services.read_document import read_documents

READER = FileReader()

ARTICLE = """---
title: Billing
category: Billing inquiry
url: https://help.example/billing
language: en
unknown: [1, 2]
---
# Billing and payments

Before the first heading.

## Refunds & credits

Five days.

- one
- two

  still two

### How it works

```python
# not a heading
refund()
```

| a | b |
|---|---|
| 1 | 2 |

Setext heading
--------------

Last words.

## Refunds & credits

Again.
"""


def jsonl(*rows: object) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def test_front_matter_names_the_document() -> None:
    (document,) = read_documents("articles/pay.md", ARTICLE.encode(), READER).documents
    assert (document.source, document.title, document.category) == ("articles/pay.md", "Billing", "billing_inquiry")
    assert (document.url, document.language) == ("https://help.example/billing", "en")


def test_sections_follow_the_headings_and_anchors_are_unique() -> None:
    (document,) = read_documents("articles/pay.md", ARTICLE.encode(), READER).documents
    assert [(section.anchor, section.heading_path) for section in document.sections] == [
        ("", ()),
        ("refunds--credits", ("Refunds & credits",)),
        ("how-it-works", ("Refunds & credits", "How it works")),
        ("setext-heading", ("Setext heading",)),
        ("refunds--credits-1", ("Refunds & credits",)),
    ]


def test_lists_tables_and_code_are_blocks_of_their_own() -> None:
    (document,) = read_documents("articles/pay.md", ARTICLE.encode(), READER).documents
    kinds = [[block.kind for block in section.blocks] for section in document.sections]
    assert kinds == [["paragraph"], ["paragraph", "list"], ["code", "table"], ["paragraph"], ["paragraph"]]
    assert document.sections[1].blocks[1].text == "- one\n- two\n  still two"
    assert document.sections[2].blocks[0].text == "```python\n# not a heading\nrefund()\n```"


def test_a_document_without_front_matter_takes_title_and_category_from_itself_and_its_path() -> None:
    (document,) = read_documents("billing/how-to-pay.md", b"# Paying\n\nBy card.", READER).documents
    assert (document.title, document.category) == ("Paying", "billing_inquiry")
    (document,) = read_documents("articles/how-to-pay.md", b"By card.", READER).documents
    assert (document.title, document.category) == ("How to pay", "general_inquiry")


def test_the_document_hash_changes_with_any_of_its_content() -> None:
    one, same, other, renamed = (
        read_documents("a.md", text, READER).documents[0].content_hash
        for text in (b"# A\n\nText", b"# A\n\nText\n", b"# A\n\nText.", b"# B\n\nText")
    )
    assert one == same
    assert len({one, other, renamed}) == 3


def test_an_unclosed_code_block_runs_to_the_end_and_hides_headings() -> None:
    _, sections = split_sections("## A\n\n```\n## not one\ntext")
    assert [section.anchor for section in sections] == ["a"]


def test_rules_drawn_with_punctuation_are_not_text() -> None:
    assert [block.text for block in split_blocks(["*****", "text", "=====", "", "- - -", "* one", " *   *  "])] == [
        "text",
        "* one",
    ]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Refunds & credits", "refunds--credits"),
        ("What does SYNC-409 mean?", "what-does-sync-409-mean"),
        ("  Caf\u00e9 au lait ", "caf\u00e9-au-lait"),
        ("C++ / C#", "c--c"),
    ],
)
def test_anchors_are_made_as_code_hosts_make_them(heading: str, anchor: str) -> None:
    assert heading_anchor(heading) == anchor


def test_text_takes_its_first_line_as_title_if_a_blank_line_follows() -> None:
    (document,) = read_documents("notes.txt", b"Opening hours\n\nMonday to Friday.\n", READER).documents
    assert (document.title, document.sections[0].blocks[0].text) == ("Opening hours", "Monday to Friday.")
    (document,) = read_documents("office-notes.txt", b"Monday\nTuesday\n", READER).documents
    assert (document.title, document.sections[0].blocks[0].text) == ("Office notes", "Monday\nTuesday")


def test_questions_and_answers_become_sections_by_line() -> None:
    rows = jsonl(
        {"question": "Can I pay by card?", "answer": "Yes.", "category": "billing_inquiry", "url": "https://x.example"},
        "",
        {"question": "Can I pause?", "answer": "For 90 days."},
    )
    (document,) = read_documents("faqs/account_management.jsonl", rows, READER).documents
    assert document.category == "account_management"
    assert [(s.anchor, s.question, s.category, s.url) for s in document.sections] == [
        ("q1", "Can I pay by card?", "billing_inquiry", "https://x.example"),
        ("q3", "Can I pause?", "", ""),
    ]


def test_a_table_of_questions_is_read_with_quoted_line_breaks() -> None:
    text = b'Question,Answer,Category\r\n"Pay, how?","By card.\r\nOr transfer.",Billing inquiry\r\n'
    (document,) = read_documents("faqs/faq.csv", text, READER).documents
    assert document.sections[0].question == "Pay, how?"
    assert document.sections[0].blocks[0].text == "By card.\nOr transfer."
    assert document.sections[0].category == "billing_inquiry"


def test_a_corpus_is_one_document_a_row_named_by_its_id() -> None:
    rows = jsonl(
        {"_id": "d1", "title": "Pay", "text": "By card."}, {"_id": "d2", "text": "Title: Pause\n\nText:\nStop."}
    )
    documents = read_documents("corpus.jsonl", rows, READER).documents
    assert [(document.source, document.title) for document in documents] == [("d1", "Pay"), ("d2", "Pause")]
    assert documents[1].sections[0].blocks[0].text == "Stop."


def test_a_broken_row_is_named_and_the_others_are_read() -> None:
    rows = jsonl(
        {"_id": "a", "text": "ok"},
        "{broken",
        "[1]",
        {"_id": "a", "text": "again"},
        {"name": "x"},
        '{"_id": "b", "text": "half \\ud800"}',
        "[" * 100_000,
    )
    result = read_documents("corpus.jsonl", rows, READER)
    assert [document.source for document in result.documents] == ["a"]
    assert [(part.source, part.reason) for part in result.skipped] == [
        ("corpus.jsonl line 2", "not JSON"),
        ("corpus.jsonl line 3", "not a JSON object"),
        ("corpus.jsonl line 4", "the _id 'a' is there already"),
        ("corpus.jsonl line 5", "neither question and answer nor _id and text"),
        ("corpus.jsonl line 6", "text holds a NUL or half a surrogate pair"),
        ("corpus.jsonl line 7", "not JSON"),
    ]


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("a.md", b"\xff\xfe# A", "it is UTF-16, not UTF-8"),
        ("a.md", b"\xff# A", "not UTF-8 at byte 0"),
        ("a.md", b"", "empty"),
        ("a.md", b" \n\t\n", "empty"),
        ("a.md", b"# Only\n\n## Headings", "no text below its headings"),
        ("a.md", b"---\ntitle: [\n---\ntext", "front matter is not YAML at line"),
        ("a.md", b"---\ntitle: A\n\ntext", "not closed"),
        ("a.md", b"---\n- a\n---\ntext", "not a mapping"),
        ("a.md", b"text \0 more", "its content is of no format that is read here"),
        ("a.txt", b"PK\x03\x04 files", "its content is a zip archive"),
        ("a.txt", b"---\nvalid_until: soon\n---\ntext", "valid_until is 'soon'"),
        ("a.txt", b"---\ntitle: A\n---\n", "no text"),
        ("a.pdf", b"%PDF", "its content is plain text"),
        ("a.xlsx", b"PK", r"extension \.xlsx"),
        ("LIESMICH", b"text", r"extension \(none\)"),
        ("a.jsonl", b"{\n{", "line 1: not JSON"),
        ("a.csv", b"name,price\nx,1\n", "neither question and answer"),
        ("a.txt", b"x" * (50 * 1024 * 1024 + 1), "the limit is 50 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(key: str, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=reason):
        read_documents(key, content, READER)


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text() -> None:
    (document,) = read_documents("a.md", b"\xef\xbb\xbf# A\r\n\r\nText\r\n", READER).documents
    assert (document.title, document.sections[0].blocks[0].text) == ("A", "Text")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("articles/billing.md", True),
        ("corpus.jsonl", True),
        ("source-control.md", True),
        ("README.md", False),
        ("articles/README.md", False),
        ("LICENSE", False),
        ("queries.jsonl", False),
        ("qrels.tsv", False),
        ("evaluation/questions.jsonl", False),
        (".git/config.md", False),
        ("articles/.draft.md", False),
    ],
)
def test_a_folders_own_papers_and_evaluation_files_are_not_knowledge(key: str, expected: bool) -> None:
    assert is_knowledge(key) is expected


@pytest.mark.parametrize(
    ("key", "category"),
    [
        ("billing/cards.md", "billing_inquiry"),
        ("faqs/bug_report.jsonl", "bug_report"),
        ("articles/account-management.md", "account_management"),
        ("articles/opening-hours.md", "general_inquiry"),
    ],
)
def test_the_category_comes_from_the_folder_or_the_file(key: str, category: str) -> None:
    assert category_from_path(key) == category


def test_text_has_the_same_front_matter_as_markdown() -> None:
    text = b"---\ntitle: Hours\ncategory: Billing\nlanguage: DE\nvalid_until: 2026-01-31\n---\nMonday\nTuesday\n"
    for key in ("hours.txt", "hours.md"):
        (document,) = read_documents(key, text, READER).documents
        assert (document.title, document.category, document.language) == ("Hours", "billing_inquiry", "de")
        assert document.unserved_reason(date(2026, 2, 1)) == "valid until 2026-01-31"
        assert document.sections[0].blocks[0].text == "Monday\nTuesday"


@pytest.mark.parametrize("key", ["a.md", "a.txt"])
def test_a_rule_above_the_text_is_no_front_matter(key: str) -> None:
    (document,) = read_documents(key, b"---\n\nWe close at six.\n", READER).documents
    assert [block.text for block in document.sections[0].blocks] == ["We close at six."]
    assert document.title == "A"


@pytest.mark.parametrize(
    ("named", "code"),
    [("German", "de"), ("Deutsch", "de"), ("DE_ch", "de"), ("en-US", "en"), (" FR ", "fr"), ("", ""), ("sw", "sw")],
)
def test_languages_are_known_by_code_tag_and_name(named: str, code: str) -> None:
    assert language_named(named) == code


@pytest.mark.parametrize(
    ("named", "category"),
    [("Billing", "billing_inquiry"), ("bug report", "bug_report"), ("Shipping", "shipping"), ("", "")],
)
def test_categories_are_known_by_the_words_that_folders_have(named: str, category: str) -> None:
    assert category_named(named) == category


def test_rows_of_questions_may_each_have_a_language() -> None:
    table = b"question,answer,language\nCan I pay by card?,Yes.,\nKann ich mit Karte zahlen?,Ja.,German\n"
    (document,) = read_documents("faq.csv", table, READER).documents
    assert [chunk.language for chunk in chunk_document(document)] == ["en", "de"]
