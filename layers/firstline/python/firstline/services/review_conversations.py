"""Once a week, look at what was not solved and at what people solved: gaps and drafts come of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from firstline.domain.batch_ports import BatchModel
from firstline.domain.conversation import Author
from firstline.domain.drafts import Draft, InvalidDraftError, checked_content
from firstline.domain.errors import NotFoundError
from firstline.domain.gaps import GapReason
from firstline.domain.language_model import ModelMessage, ModelRequest
from firstline.domain.masking import has_marks, mask
from firstline.domain.ports import Clock
from firstline.domain.turn import Action, Intent
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.decisions import DecisionRepository
from firstline.repositories.drafts import DraftRepository
from firstline.repositories.receipts import ReceiptRepository
from firstline.repositories.reviews import ReviewedCase, ReviewRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.manage_drafts import ManageDrafts
from firstline.services.prompts import review_prompt
from firstline.services.record_gap import RecordGap

REVIEWER = "weekly review"
MOST_CASES = 200
DAYS = 7
UNSOLVED = 0.5
"""Reward below which an answer has not solved the question."""

_MAX_TOKENS = 1_000
_PARTS = re.compile(r"QUESTION:\s*(?P<question>.+?)\s*\nANSWER:\s*(?P<answer>.+)", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """A question that a person has answered."""

    conversation_id: str
    turn_id: str
    question: str
    answer: str
    category: str


@dataclass(frozen=True)
class ReviewReport:
    """What a review came to."""

    gaps: int = 0
    cases: int = 0
    handed_in: int = 0
    drafts: int = 0


class ReviewConversations:
    """Drafts are suggestions: a person approves each. Nothing is suggested twice, whatever is run again.

    With a key of the Anthropic API the model rewrites each case overnight, in a batch; its answers are read by a later
    night. Without one the person's own words become the draft.
    """

    def __init__(
        self,
        receipts: ReceiptRepository,
        decisions: DecisionRepository,
        turns: TurnRepository,
        conversations: ConversationRepository,
        record_gap: RecordGap,
        drafts: DraftRepository,
        manage: ManageDrafts,
        reviews: ReviewRepository,
        batch: BatchModel | None,
        *,
        clock: Clock,
    ) -> None:
        self._receipts = receipts
        self._decisions = decisions
        self._turns = turns
        self._conversations = conversations
        self._record_gap = record_gap
        self._drafts = drafts
        self._manage = manage
        self._reviews = reviews
        self._batch = batch
        self._clock = clock

    def run(self) -> ReviewReport:
        """Read what the model has answered since, and look at the last week if that is due.

        Raises
        ------
        StoreUnavailableError, EmbedderUnavailableError, LanguageModelUnavailableError, LanguageModelRefusedError
            The next night goes on.
        """
        n_drafts = self._read_batches()
        last = self._clock.now().astimezone(UTC).date() - timedelta(days=1)
        reviewed = self._reviews.last_week()
        if reviewed is not None and (last - reviewed).days < DAYS:
            return ReviewReport(drafts=n_drafts)
        first = last - timedelta(days=DAYS - 1)
        gaps = self._unsolved(first, last)
        cases = [case for _, case in zip(range(MOST_CASES), self._cases(first, last), strict=False)]
        handed_in = self._hand_in(cases)
        if not handed_in:
            n_drafts += sum(self._suggest(case.turn_id, case.question, case.answer, case.category) for case in cases)
        self._reviews.week_done(last)
        return ReviewReport(gaps=gaps, cases=len(cases), handed_in=handed_in, drafts=n_drafts)

    def _unsolved(self, first: date, last: date) -> int:
        n_gaps = 0
        for decision in self._decisions.of_days(last, (last - first).days + 1):
            reward = decision.reward_value
            if reward is None or reward >= UNSOLVED:
                continue
            n_gaps += self._gap(
                decision.conversation_id, decision.turn_id, GapReason.UNRESOLVED, customer_id=decision.customer_id
            )
        return n_gaps

    def _cases(self, first: date, last: date) -> Iterator[Case]:
        for age in range((last - first).days + 1):
            for receipt in self._receipts.of_day(first + timedelta(days=age)):
                if receipt.get("action") == Action.HAND_OVER:
                    case = self._answered(receipt)
                    if case is not None:
                        yield case

    def _gap(
        self, conversation_id: str, turn_id: str, reason: GapReason, *, customer_id: str, question: str = ""
    ) -> bool:
        try:
            message = self._turns.get(conversation_id, turn_id).message
        except NotFoundError:
            return False
        self._record_gap.record(
            question or message.text,
            reason,
            nearest=None,
            customer_id=customer_id,
            conversation_id=conversation_id,
            turn_id=turn_id,
            asked_at=message.sent_at,
        )
        return True

    def _answered(self, receipt: dict[str, Any]) -> Case | None:
        """Record what was handed over as a gap, and return what a person answered to it; None where nobody did."""
        conversation_id, turn_id = receipt["conversation_id"], receipt["turn_id"]
        try:
            message = self._turns.get(conversation_id, turn_id).message
        except NotFoundError:
            return None
        said = self._conversations.events(conversation_id)
        asked = [event.text for event in said if event.author is Author.CUSTOMER and event.seq < message.seq]
        found = receipt.get("classification") or {}
        # Who asks for a person has asked what they want to know before, or nothing yet.
        question = (asked[-1] if asked else "") if found.get("intent") == Intent.HUMAN_REQUEST else message.text
        if not question:
            return None
        self._gap(conversation_id, turn_id, GapReason.HANDOVER, customer_id="", question=question)
        answers = [event.text for event in said if event.author is Author.AGENT and event.seq > message.seq]
        if not answers:
            return None
        return Case(conversation_id, turn_id, mask(question), mask("\n\n".join(answers)), found.get("category", ""))

    def _hand_in(self, cases: list[Case]) -> int:
        if self._batch is None or not cases:
            return 0
        system = review_prompt().text
        requests = {
            case.turn_id: ModelRequest(
                system=system,
                messages=(ModelMessage("user", f"Question:\n{case.question}\n\nThe person's answer:\n{case.answer}"),),
                max_tokens=_MAX_TOKENS,
                temperature=0.0,
            )
            for case in cases
        }
        handed_in = [ReviewedCase(turn_id=case.turn_id, category=case.category) for case in cases]
        self._reviews.add(self._batch.submit(requests), handed_in, now=self._clock.now())
        return len(cases)

    def _read_batches(self) -> int:
        n_drafts = 0
        for batch_id, cases in self._reviews.pending() if self._batch is not None else []:
            assert self._batch is not None  # noqa: S101 - for the type checker
            if not self._batch.progress(batch_id).ended:
                continue
            categories = {case.turn_id: case.category for case in cases}
            for answer in self._batch.results(batch_id):
                found = _PARTS.search(answer.text)
                if found and answer.custom_id in categories:
                    said = (found["question"], found["answer"])
                    n_drafts += self._suggest(answer.custom_id, *said, categories[answer.custom_id])
            self._reviews.done(batch_id)
        return n_drafts

    def _suggest(self, turn_id: str, question: str, answer: str, category: str) -> bool:
        """Make a draft, once per turn; what could not be served, or would show personal data, is left out."""
        if has_marks(answer):
            return False
        try:
            content = checked_content(question, answer, category=category)
            draft = Draft(
                draft_id=f"review-{turn_id}", content=content, created_at=self._clock.now(), created_by=REVIEWER
            )
            self._manage.check(draft)
        except InvalidDraftError:
            return False
        return self._drafts.add(draft)
