"""Past tickets made into drafts: masked, grouped, with the resolution that most of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from firstline.domain.drafts import Draft, DraftOrigin, DraftStatus, InvalidDraftError, checked_content
from firstline.domain.errors import InvalidInputError
from firstline.domain.masking import has_marks, mask
from firstline.domain.past_tickets import PastTicket, RefusedRow, TicketGroup, by_age, group_tickets
from firstline.domain.ports import Clock, Embedder
from firstline.repositories.drafts import DraftRepository
from firstline.services.manage_drafts import ManageDrafts

MAX_TICKETS = 20_000
_BATCH = 128

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 where that is not known)."""


@dataclass(frozen=True)
class ApprovalRule:
    """Groups that are served without a person looking at each; never one with masked data in its answer."""

    tickets: int
    """At least so many in the group, >= 2."""
    agreement: float = 0.8
    """At least this share of them resolved alike, in [0, 1]."""

    def __str__(self) -> str:
        return f"at least {self.tickets} tickets, at least {self.agreement:.0%} of them resolved alike"


class RefusedTicket(BaseModel):
    """A row that was left out."""

    line: int
    reason: str


class TicketImportReport(BaseModel):
    """What an import did."""

    tickets: int = 0
    """Rows that are tickets."""
    repeated: int = 0
    """Of these, the same ticket again."""
    groups: int = 0
    created: int = 0
    updated: int = 0
    """Open drafts that say something else now, because the file holds more tickets than the one before."""
    unchanged: int = 0
    """Drafts that were there so, or that a person has edited or decided on."""
    approved: int = 0
    refused: list[RefusedTicket] = Field(default_factory=list)


class ImportTickets:
    """Reads past tickets into drafts; the same file again changes nothing.

    Parameters
    ----------
    max_tickets : int
        Most tickets of one import, >= 1; time and memory are bounded by it.
    """

    def __init__(
        self,
        drafts: DraftRepository,
        manage: ManageDrafts,
        embedder: Embedder,
        clock: Clock,
        *,
        max_tickets: int = MAX_TICKETS,
    ) -> None:
        self._drafts = drafts
        self._manage = manage
        self._embedder = embedder
        self._clock = clock
        self._max_tickets = max_tickets

    def run(
        self,
        rows: Iterable[PastTicket | RefusedRow],
        *,
        by: str,
        rule: ApprovalRule | None = None,
        min_tickets: int = 1,
        progress: Progress | None = None,
    ) -> TicketImportReport:
        """Make drafts of the groups, and approve those that the rule allows.

        Parameters
        ----------
        rows : iterable
            From ``read_tickets``.
        rule : ApprovalRule, optional
            Without it, a person approves each draft.
        min_tickets : int
            Smaller groups are left out, >= 1.

        Raises
        ------
        InvalidInputError
            More than ``max_tickets`` tickets, or a rule or number that does not fit; nothing was stored.
        EmbedderUnavailableError, StoreUnavailableError
        """
        if min_tickets < 1 or (rule and (rule.tickets < 2 or not 0 <= rule.agreement <= 1)):
            raise InvalidInputError("groups have at least 1 ticket, rules at least 2, and an agreement within 0 and 1")
        report = TicketImportReport()
        tickets = self._masked(rows, report)
        vectors = self._embedded([ticket.asked for ticket in tickets], progress or _silent)
        for done, group in enumerate(group_tickets(tickets, vectors, self._embedder.embed), start=1):
            if group.support >= min_tickets:
                report.groups += 1
                self._keep(group, report, by=by, rule=rule)
            if progress:
                progress("groups", done, 0)
        return report

    def _masked(self, rows: Iterable[PastTicket | RefusedRow], report: TicketImportReport) -> list[PastTicket]:
        tickets: dict[str, PastTicket] = {}
        for row in rows:
            if isinstance(row, RefusedRow):
                report.refused.append(RefusedTicket(line=row.line, reason=row.reason))
                continue
            report.tickets += 1
            if row.fingerprint in tickets:
                report.repeated += 1
                continue
            if len(tickets) == self._max_tickets:
                raise InvalidInputError(f"more than {self._max_tickets} tickets; split the file")
            tickets[row.fingerprint] = replace(
                row, subject=mask(row.subject), description=mask(row.description), resolution=mask(row.resolution)
            )
        return sorted(tickets.values(), key=by_age)

    def _embedded(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self._embedder.dimensions), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            vectors[start : start + len(batch)] = self._embedder.embed(batch)
            progress("tickets", start + len(batch), len(texts))
        return vectors

    def _keep(self, group: TicketGroup, report: TicketImportReport, *, by: str, rule: ApprovalRule | None) -> None:
        try:
            content = checked_content(group.question, group.resolution, category=group.category)
        except InvalidDraftError as error:
            report.refused.append(RefusedTicket(line=group.line, reason=str(error)))
            return
        draft = Draft(
            draft_id=f"tickets-{group.group_id}",
            content=content,
            origin=DraftOrigin.TICKETS,
            support=group.support,
            agreement=round(group.agreement, 4),
            created_at=self._clock.now(),
            created_by=by,
        )
        try:
            self._manage.check(draft)
        except InvalidDraftError as error:
            report.refused.append(RefusedTicket(line=group.line, reason=str(error)))
            return
        if self._drafts.add(draft):
            report.created += 1
        else:
            draft = self._brought_up_to_date(draft, report)
        if rule and group.support >= rule.tickets and group.agreement >= rule.agreement:
            report.approved += self._approve(draft, rule, by)

    def _brought_up_to_date(self, draft: Draft, report: TicketImportReport) -> Draft:
        held = self._drafts.get(draft.draft_id)
        news = {name: getattr(draft, name) for name in ("content", "support", "agreement")}
        left_to_people = held.status is not DraftStatus.DRAFT or held.edited_by
        if left_to_people or all(getattr(held, name) == value for name, value in news.items()):
            report.unchanged += 1
            return held
        report.updated += 1
        return self._drafts.change(held, lambda d: d.model_copy(update=news))

    def _approve(self, draft: Draft, rule: ApprovalRule, by: str) -> bool:
        left_to_people = draft.status in (DraftStatus.REJECTED, DraftStatus.WITHDRAWN) or draft.edited_by
        if left_to_people or draft.served_at or has_marks(draft.content.answer):
            return False
        self._manage.approve(draft.draft_id, by=by, reason=f"rule: {rule}", version=draft.version)
        return True


def _silent(_what: str, _done: int, _total: int) -> None:
    return None
