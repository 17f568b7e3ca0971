"""Past tickets become drafts; only what a person or the stated rule approves is served."""

from __future__ import annotations

import json
from typing import Any

import pytest

from firstline.adapters.documents.tables import read_csv
from firstline.domain.drafts import Draft, DraftOrigin, DraftStatus, checked_content
from firstline.domain.errors import InvalidInputError
from firstline.services.import_tickets import ApprovalRule, ImportTickets, TicketImportReport
from firstline.services.read_tickets import read_tickets
from tests.component.test_drafts import Desk
from tests.component.world import World

RESET = "Ask the owner to send a new invitation link."
LOCK = "Lock the pay period first, then export."


def row(subject: str, resolution: str, *, day: int = 1, **more: str) -> dict[str, str]:
    return {"subject": subject, "resolution": resolution, "date": f"2026-01-{day:02d}", **more}


TICKETS = [
    row("invitation link expired", RESET, day=1),
    row("invitation link expired again", RESET, day=2),
    row("my invitation link has expired", RESET, day=3),
    row("payroll export file is empty", LOCK, day=4),
    row("payroll export file empty", "Clear the cache of the browser.", day=5),
    row("kiosk tablet shows black screen", "Charge it.", day=6),
]


class Importing(Desk):
    """The import over one world."""

    def run(self, rows: list[dict[str, str]], *, max_tickets: int = 100, **options: Any) -> TicketImportReport:
        content = "\n".join(json.dumps(one) for one in rows).encode()
        service = ImportTickets(
            self.repository, self.manage, self.world.ports.embedder, self.world.ports.clock, max_tickets=max_tickets
        )
        return service.run(read_tickets("tickets.jsonl", content, read_csv=read_csv), by="ada", **options)

    def drafts(self, status: DraftStatus = DraftStatus.DRAFT) -> list[Draft]:
        return self.manage.of_status(status, limit=100).drafts


@pytest.fixture
def importing(world: World) -> Importing:
    return Importing(world)


def test_groups_come_in_as_drafts_with_the_number_of_tickets_behind_them(importing: Importing) -> None:
    report = importing.run(TICKETS)
    assert (report.tickets, report.groups, report.created, report.approved) == (6, 3, 3, 0)
    assert [(d.support, d.agreement, d.origin) for d in importing.drafts()] == [
        (3, 1.0, DraftOrigin.TICKETS),
        (2, 0.5, DraftOrigin.TICKETS),
        (1, 1.0, DraftOrigin.TICKETS),
    ]
    assert importing.drafts()[0].content.answer == RESET
    importing.world.container.ingest_knowledge.sync()
    assert importing.served() == []


def test_the_same_file_again_changes_nothing_whatever_was_decided(importing: Importing) -> None:
    importing.run(TICKETS)
    first, second, third = importing.drafts()
    importing.manage.approve(first.draft_id, by="grace")
    importing.manage.reject(second.draft_id, by="grace")
    importing.manage.edit(third.draft_id, checked_content("Kiosk black?", "Charge the tablet."), by="grace")
    before = [importing.manage.get(d.draft_id) for d in (first, second, third)]
    importing.world.clock.forward(3600)
    report = importing.run(TICKETS[::-1])
    assert (report.created, report.updated, report.unchanged) == (0, 0, 3)
    assert [importing.manage.get(d.draft_id) for d in (first, second, third)] == before


def test_a_later_export_brings_open_drafts_up_to_date(importing: Importing) -> None:
    importing.run(TICKETS[:2])
    report = importing.run(TICKETS)
    assert (report.created, report.updated, report.unchanged) == (2, 1, 0)
    assert importing.drafts()[0].support == 3


def test_the_rule_approves_only_large_groups_that_agree(importing: Importing) -> None:
    report = importing.run(TICKETS, rule=ApprovalRule(tickets=2, agreement=0.8))
    assert report.approved == 1
    [approved] = importing.drafts(DraftStatus.APPROVED)
    assert approved.reason == "rule: at least 2 tickets, at least 80% of them resolved alike"
    assert [text for _, text in importing.served()] == [RESET]
    again = importing.run(TICKETS, rule=ApprovalRule(tickets=2, agreement=0.8))
    assert (again.approved, again.unchanged) == (0, 3)
    looser = importing.run(TICKETS, rule=ApprovalRule(tickets=2, agreement=0.5))
    assert looser.approved == 1


def test_the_rule_does_not_overrule_a_person(importing: Importing) -> None:
    importing.run(TICKETS)
    rejected, edited, _ = importing.drafts()
    importing.manage.reject(rejected.draft_id, by="grace")
    importing.manage.edit(edited.draft_id, checked_content("Empty export?", "Lock it."), by="grace")
    report = importing.run(TICKETS, rule=ApprovalRule(tickets=2, agreement=0.0))
    assert report.approved == 0
    assert importing.drafts(DraftStatus.APPROVED) == []


def test_the_rule_leaves_an_answer_with_masked_data_to_a_person(importing: Importing) -> None:
    rows = [row("where do I write to", "Write to sales@company.example.", day=day) for day in (1, 2, 3)]
    assert importing.run(rows, rule=ApprovalRule(tickets=2)).approved == 0
    assert importing.drafts()[0].content.answer == "Write to [email]."


def test_personal_data_stays_out_of_the_drafts(importing: Importing) -> None:
    importing.run(
        [
            row(
                "invitation for anna@mail.example expired",
                f"{RESET}\nKind regards,\nTom Miller",
                description="+49 30 1234567",
            )
        ]
    )
    text = importing.drafts()[0].model_dump_json()
    assert "[email]" in text
    assert not any(word in text for word in ("anna@", "Miller", "1234567"))


def test_rows_that_do_not_fit_and_repeated_tickets_are_counted(importing: Importing) -> None:
    report = importing.run([TICKETS[0], {"subject": "no answer"}, TICKETS[0]])
    assert (report.tickets, report.repeated, report.created) == (2, 1, 1)
    assert [(refused.line, refused.reason) for refused in report.refused] == [(2, "no resolution")]


def test_small_groups_can_be_left_out(importing: Importing) -> None:
    assert importing.run(TICKETS, min_tickets=2).groups == 2
    assert len(importing.drafts()) == 2


def test_too_many_tickets_store_nothing(importing: Importing) -> None:
    with pytest.raises(InvalidInputError, match="split the file"):
        importing.run(TICKETS, max_tickets=5)
    assert importing.drafts() == []


@pytest.mark.parametrize(
    "options", [{"min_tickets": 0}, {"rule": ApprovalRule(1)}, {"rule": ApprovalRule(2, agreement=1.5)}]
)
def test_numbers_that_do_not_fit_are_refused(importing: Importing, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        importing.run(TICKETS, **options)


def test_progress_is_told_to_the_end(importing: Importing) -> None:
    told: list[tuple[str, int, int]] = []
    importing.run(TICKETS, progress=lambda what, done, total: told.append((what, done, total)))
    assert ("tickets", 6, 6) in told
    assert told[-1] == ("groups", 3, 0)


def test_a_resolution_that_could_not_be_served_is_refused_by_its_line_and_the_others_come_in(
    importing: Importing,
) -> None:
    report = importing.run([*TICKETS, row("viewer shows raw bytes", "A file that begins with %PDF- is a pdf.", day=7)])
    assert (report.created, [refused.line for refused in report.refused]) == (3, [7])
    assert "its content is a pdf" in report.refused[0].reason
