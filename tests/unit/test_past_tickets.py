"""Past tickets: read leniently, refused by line, grouped, with the resolution that most of them share."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from firstline.adapters.documents.tables import read_csv
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.past_tickets import PastTicket, RefusedRow, by_age, fingerprint, group_tickets
from firstline.services.read_tickets import read_tickets
from tests.unit.knowledge_doubles import WordEmbedder

START = datetime(2026, 1, 1, tzinfo=UTC)
RESET = "Ask the owner to send a new invitation link."
OLD_WAY = "Delete the browser cookies and restart."


def ticket(subject, resolution, *, day=0, category="", description=""):
    date = START + timedelta(days=day)
    mark = fingerprint(subject, description, resolution, date)
    return PastTicket(1, subject, description, resolution, category, date, mark)


def grouped(tickets):
    ordered = sorted(tickets, key=by_age)
    embedder = WordEmbedder()
    return list(group_tickets(ordered, embedder.embed([one.asked for one in ordered]), embedder.embed))


def rows(name, text):
    return list(read_tickets(name, text.encode(), read_csv=read_csv))


def test_a_csv_is_read_by_its_header_whatever_the_delimiter_and_the_usual_names():
    found = rows("t.csv", 'Title;Body;Solution;Queue;Created\n"Login; fails";It says no;Reset it;Billing;31.12.2025\n')
    assert [(t.subject, t.description, t.resolution, t.category, t.date) for t in found] == [
        ("Login; fails", "It says no", "Reset it", "Billing", datetime(2025, 12, 31, tzinfo=UTC))
    ]


def test_a_jsonl_is_read_and_what_does_not_fit_is_named_by_its_line():
    lines = [
        json.dumps({"subject": "a", "resolution": "b", "date": "2026-02-03T04:05:06+01:00"}),
        "",
        "{broken",
        "[1]",
        json.dumps({"subject": "a", "resolution": " "}),
        json.dumps({"resolution": "b"}),
        json.dumps({"subject": "a", "resolution": "b", "date": "soon"}),
        json.dumps({"subject": "a\ud800", "resolution": "b"}),
        json.dumps({"subject": "a", "resolution": "b" * 20_001}),
        json.dumps({"description": "c", "resolution": "d"}),
    ]
    found = rows("t.jsonl", "\n".join(lines))
    assert [(row.line, type(row)) for row in found] == [
        (line, PastTicket if line in (1, 10) else RefusedRow) for line in (1, 3, 4, 5, 6, 7, 8, 9, 10)
    ]
    assert found[0].date == datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)
    reasons = [row.reason for row in found if isinstance(row, RefusedRow)]
    assert reasons[0] == "not JSON"
    assert reasons[3] == "neither subject nor description"
    assert "soon" in reasons[4]


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.xlsx", b"x"), ("t.jsonl", b"\xff\xfe\xfa"), ("t.csv", b"subject,date\na,b\n"), ("t.csv", b"")],
)
def test_a_file_that_holds_no_tickets_is_refused_as_a_whole(name, content):
    with pytest.raises(UnreadableDocumentError):
        list(read_tickets(name, content, read_csv=read_csv))


def test_a_csv_row_that_cannot_be_used_is_named_by_its_line():
    found = rows("t.csv", "subject,resolution\na,b\nc,\n,,,,,\nf,g\n")
    assert [type(row) for row in found if row.line in (2, 5)] == [PastTicket, PastTicket]
    assert (3, "no resolution") in [(row.line, row.reason) for row in found if isinstance(row, RefusedRow)]


def test_near_duplicates_are_one_group_with_what_most_of_them_were_told():
    found = grouped(
        [
            ticket("invitation link expired again", RESET, day=1, category="Account management"),
            ticket("my invitation link has expired", RESET, day=2, category="Account management"),
            ticket("invitation link expired", "Ask the owner to send another new invitation link.", day=3),
            ticket("invitation link expired", OLD_WAY, day=4, category="Billing inquiry"),
            ticket("export to payroll is empty", "Lock the period first.", day=2),
        ]
    )
    assert [(group.support, group.agreement) for group in found] == [(4, 0.75), (1, 1.0)]
    assert found[0].resolution == RESET
    assert found[0].category == "account_management"
    assert "invitation link" in found[0].question


def test_of_two_equally_common_resolutions_the_one_used_last_wins():
    asked = [("invitation link expired", day) for day in range(4)]
    new_last = [ticket(text, RESET if day >= 2 else OLD_WAY, day=day) for text, day in asked]
    old_last = [ticket(text, OLD_WAY if day >= 2 else RESET, day=day) for text, day in asked]
    assert grouped(new_last)[0].resolution == RESET
    assert grouped(old_last)[0].resolution == OLD_WAY


def test_a_later_export_with_more_tickets_finds_the_same_group():
    first = [ticket("invitation link expired", RESET, day=1), ticket("invitation link expired now", RESET, day=2)]
    later = [*first, ticket("invitation link expired today", RESET, day=3)]
    assert grouped(first)[0].group_id == grouped(later)[0].group_id
    assert (grouped(first)[0].support, grouped(later)[0].support) == (2, 3)


def test_a_subject_that_says_too_little_is_completed_by_the_description():
    [group] = grouped([ticket("Help", RESET, description="The invitation link expired.\n\nLong story")])
    assert group.question == "Help: The invitation link expired."
    [group] = grouped([ticket("Invitation link expired", RESET, description="Long story")])
    assert group.question == "Invitation link expired"


def test_a_category_of_another_system_is_taken_for_the_nearest_of_ours():
    def category(name):
        return grouped([ticket("Invitation link expired", RESET, category=name)])[0].category

    assert [category(name) for name in ("Billing", "Bug report", "IT / API", "Gardening", "")] == [
        "billing_inquiry",
        "bug_report",
        "technical_support",
        "general_inquiry",
        "general_inquiry",
    ]


def test_what_was_masked_does_not_keep_tickets_apart():
    found = grouped(
        [
            ticket("invitation link expired", RESET, description="[name] [email] [phone]"),
            ticket("invitation link expired", RESET, day=1),
        ]
    )
    assert [group.support for group in found] == [2]


def test_greeting_and_closing_do_not_become_knowledge():
    told = f"Hi [name],\n{RESET}\n\nKind regards,\n[name]"
    assert grouped([ticket("invitation link expired", told)])[0].resolution == RESET


def test_a_resolution_without_masked_data_is_preferred():
    masked = "Ask the owner, [name], to send a new invitation link."
    resolutions = [masked, masked, RESET]
    found = grouped([ticket("invitation link expired", text, day=day) for day, text in enumerate(resolutions)])
    assert [(group.resolution, group.agreement) for group in found] == [(RESET, 1.0)]


def test_numbers_of_orders_stay_out_of_the_question():
    [group] = grouped([ticket("cancel my order #370795561790 please", RESET)])
    assert group.question == "cancel my order [number] please"


def test_no_ticket_is_no_group():
    assert grouped([]) == []
