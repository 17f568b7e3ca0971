"""Drafts: only an approved one is served, once, whatever fails in between."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from firstline.domain.drafts import (
    Draft,
    DraftChangedError,
    DraftDecidedError,
    DraftKind,
    DraftNotServedError,
    DraftOrigin,
    DraftStatus,
    InvalidDraftError,
    checked_content,
    slug,
)
from firstline.domain.errors import EmbedderUnavailableError, NotFoundError
from firstline.domain.knowledge import Chunk
from firstline.repositories.drafts import DraftRepository
from firstline.services.ingest_knowledge import IngestKnowledge
from firstline.services.manage_drafts import ManageDrafts
from tests.component.world import World

QUESTION = "Can shifts be exported to an Outlook calendar?"
ANSWER = "Yes: open Shifts, choose Share, and copy the calendar address into Outlook."


class Desk:
    """Drafts over one world."""

    def __init__(self, world: World, *, ingest: Any = None, objects: Any = None) -> None:
        self.world = world
        self.repository = DraftRepository(world.ports.table)
        self.manage = ManageDrafts(
            self.repository,
            objects or world.ports.objects,
            ingest or world.container.ingest_knowledge,
            clock=world.ports.clock,
            ids=world.ports.ids,
        )

    def draft(self, question: str = QUESTION, answer: str = ANSWER, **more: Any) -> Draft:
        return self.manage.create(checked_content(question, answer, **more), by="ada")

    def chunks(self) -> list[Chunk]:
        """Chunks of approved drafts in the index."""
        index = self.world.ports.index
        sources = [source for source in sorted(index.documents()) if "/approved/" in source]
        return [entry.chunk for source in sources for entry in index.embedded_chunks(source)]

    def served(self) -> list[tuple[str, str]]:
        """Question or title, and text, of what is served of approved drafts."""
        return [(chunk.question or chunk.title, chunk.text) for chunk in self.chunks()]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_draft_is_not_served_before_it_is_approved_and_then_it_is(desk: Desk) -> None:
    draft = desk.draft(category="technical_support", url="https://help.example/outlook")
    desk.world.container.ingest_knowledge.sync()
    assert desk.served() == []
    approved = desk.manage.approve(draft.draft_id, by="grace", version=1)
    assert desk.served() == [(QUESTION, ANSWER)]
    assert (approved.status, approved.decided_by, approved.decided_at) == (
        DraftStatus.APPROVED,
        "grace",
        desk.world.clock.now(),
    )
    assert approved == desk.manage.get(draft.draft_id)
    [chunk] = desk.chunks()
    assert (chunk.category, chunk.url) == ("technical_support", "https://help.example/outlook")


def test_an_article_is_served_under_its_title(desk: Desk) -> None:
    draft = desk.draft('Outlook: the "calendar" export', "## Where it is\n\nUnder Share.", kind=DraftKind.ARTICLE)
    desk.manage.approve(draft.draft_id, by="grace")
    assert desk.served() == [('Outlook: the "calendar" export', "Under Share.")]


def test_approving_twice_serves_once(desk: Desk) -> None:
    draft = desk.draft()
    first = desk.manage.approve(draft.draft_id, by="grace")
    assert desk.manage.approve(draft.draft_id, by="alan") == first
    desk.world.container.ingest_knowledge.sync()
    assert desk.served() == [(QUESTION, ANSWER)]


def test_a_rejected_draft_is_never_served(desk: Desk) -> None:
    draft = desk.draft()
    rejected = desk.manage.reject(draft.draft_id, by="grace", reason="wrong")
    assert (rejected.status, rejected.decided_by, rejected.reason) == (DraftStatus.REJECTED, "grace", "wrong")
    assert desk.manage.reject(draft.draft_id, by="alan") == rejected
    with pytest.raises(DraftDecidedError):
        desk.manage.approve(draft.draft_id, by="grace")
    desk.world.container.ingest_knowledge.sync()
    assert desk.served() == []


def test_an_approved_draft_can_neither_be_rejected_nor_changed(desk: Desk) -> None:
    draft = desk.draft()
    desk.manage.approve(draft.draft_id, by="grace")
    with pytest.raises(DraftDecidedError):
        desk.manage.reject(draft.draft_id, by="alan")
    with pytest.raises(DraftDecidedError):
        desk.manage.edit(draft.draft_id, checked_content("Other?", "Other."), by="alan")
    assert desk.served() == [(QUESTION, ANSWER)]


def test_what_was_not_read_in_this_version_is_not_decided_on(desk: Desk) -> None:
    draft = desk.draft()
    edited = desk.manage.edit(draft.draft_id, checked_content(QUESTION, "No."), by="alan", version=1)
    assert (edited.version, edited.edited_by) == (2, "alan")
    for decide in (desk.manage.approve, desk.manage.reject):
        with pytest.raises(DraftChangedError):
            decide(draft.draft_id, by="grace", version=1)
    desk.manage.approve(draft.draft_id, by="grace", version=2)
    assert desk.served() == [(QUESTION, "No.")]


def test_of_two_who_decide_at_once_one_wins_and_what_is_served_agrees(desk: Desk) -> None:
    for number in range(8):
        question = f"Is there a calendar number {number}x for Outlook?"
        draft = desk.draft(question)
        start, lost = threading.Barrier(2), []

        def decide(what: Any, draft_id: str = draft.draft_id, start: Any = start, lost: Any = lost) -> None:
            start.wait()
            try:
                what(draft_id, by="somebody", version=1)
            except (DraftChangedError, DraftDecidedError) as error:
                lost.append(error)

        threads = [threading.Thread(target=decide, args=(what,)) for what in (desk.manage.approve, desk.manage.reject)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        approved = desk.manage.get(draft.draft_id).status is DraftStatus.APPROVED
        assert len(lost) == 1
        assert ((question, ANSWER) in desk.served()) is approved


class Dying:
    """An ingestion that does not come to its end, or that the process does not outlive."""

    def __init__(self, ingest: IngestKnowledge, *, before: bool) -> None:
        self._ingest = ingest
        self._before = before

    def check(self, key: str, content: bytes) -> None:
        self._ingest.check(key, content)

    def ingest(self, key: str) -> Any:
        if not self._before:
            self._ingest.ingest(key)
        raise EmbedderUnavailableError("killed by the test")


@pytest.mark.parametrize("before", [True, False])
def test_an_approval_that_was_broken_off_is_finished_without_a_duplicate(world: World, before: bool) -> None:
    dying = Desk(world, ingest=Dying(world.container.ingest_knowledge, before=before))
    draft = dying.draft()
    with pytest.raises(EmbedderUnavailableError):
        dying.manage.approve(draft.draft_id, by="grace", version=1)
    desk = Desk(world)
    half = desk.manage.get(draft.draft_id)
    assert (half.status, half.served_at) == (DraftStatus.APPROVED, None)
    with pytest.raises(DraftDecidedError):
        desk.manage.reject(draft.draft_id, by="alan")
    assert desk.manage.finish_decisions() == 1
    assert desk.manage.finish_decisions() == 0
    finished = desk.manage.approve(draft.draft_id, by="alan", version=1)
    assert (finished.decided_by, finished.served_at) == ("grace", world.clock.now())
    world.container.ingest_knowledge.sync()
    assert desk.served() == [(QUESTION, ANSWER)]


def test_a_withdrawn_draft_is_not_served_any_more_and_says_who_withdrew_it_and_when(desk: Desk) -> None:
    draft = desk.draft()
    approved = desk.manage.approve(draft.draft_id, by="grace", reason="checked")
    desk.world.clock.forward(60)
    withdrawn = desk.manage.withdraw(draft.draft_id, by="alan", reason="outdated", version=approved.version)
    assert desk.served() == []
    assert approved.object_key not in list(desk.world.ports.objects.list())
    assert (withdrawn.status, withdrawn.withdrawn_by, withdrawn.withdrawal_reason, withdrawn.withdrawn_at) == (
        DraftStatus.WITHDRAWN,
        "alan",
        "outdated",
        desk.world.clock.now(),
    )
    assert (withdrawn.decided_by, withdrawn.decided_at, withdrawn.reason) == ("grace", approved.decided_at, "checked")
    assert withdrawn.served_at is None
    assert desk.manage.withdraw(draft.draft_id, by="ada") == withdrawn == desk.manage.get(draft.draft_id)
    assert desk.manage.of_status(DraftStatus.WITHDRAWN).drafts == [withdrawn]
    for decide in (desk.manage.approve, desk.manage.reject):
        with pytest.raises(DraftDecidedError):
            decide(draft.draft_id, by="grace")
    desk.world.container.ingest_knowledge.sync()
    assert desk.manage.finish_decisions() == 0
    assert desk.served() == []


def test_only_an_approved_draft_is_withdrawn_and_only_in_the_version_that_was_read(desk: Desk) -> None:
    drafts = [desk.draft() for _ in range(3)]
    desk.manage.reject(drafts[1].draft_id, by="grace")
    desk.manage.approve(drafts[2].draft_id, by="grace")
    for draft in drafts[:2]:
        with pytest.raises(DraftNotServedError):
            desk.manage.withdraw(draft.draft_id, by="alan")
    with pytest.raises(DraftChangedError):
        desk.manage.withdraw(drafts[2].draft_id, by="alan", version=1)
    assert desk.served() == [(QUESTION, ANSWER)]


@pytest.mark.parametrize("before", [True, False])
def test_a_withdrawal_that_was_broken_off_is_finished(world: World, before: bool) -> None:
    desk = Desk(world)
    draft = desk.draft()
    desk.manage.approve(draft.draft_id, by="grace")
    dying = Desk(world, ingest=Dying(world.container.ingest_knowledge, before=before))
    with pytest.raises(EmbedderUnavailableError):
        dying.manage.withdraw(draft.draft_id, by="alan")
    assert desk.manage.get(draft.draft_id).status is DraftStatus.WITHDRAWN
    assert desk.manage.finish_decisions() == 1
    assert desk.manage.finish_decisions() == 0
    assert desk.served() == []
    assert desk.manage.get(draft.draft_id).withdrawn_by == "alan"


class WritesLate:
    """A store of objects in which something happens before the next write arrives."""

    def __init__(self, objects: Any, happens: Any) -> None:
        self._objects = objects
        self._happens = happens

    def write(self, key: str, content: bytes) -> None:
        self._happens()
        self._objects.write(key, content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)


def test_an_approval_that_a_withdrawal_overtakes_leaves_nothing_behind(world: World) -> None:
    desk = Desk(world)
    draft = desk.draft()
    objects = WritesLate(world.ports.objects, lambda: desk.manage.withdraw(draft.draft_id, by="alan"))
    overtaken = Desk(world, objects=objects).manage.approve(draft.draft_id, by="grace")
    assert (overtaken.status, overtaken.served_at) == (DraftStatus.WITHDRAWN, None)
    assert desk.served() == []
    assert draft.object_key not in list(world.ports.objects.list())


def test_an_object_that_a_killed_approval_wrote_after_the_withdrawal_is_taken_out_by_the_next_comparison(
    world: World,
) -> None:
    desk = Desk(world)
    draft = desk.draft()
    objects = WritesLate(world.ports.objects, lambda: desk.manage.withdraw(draft.draft_id, by="alan"))
    dying = Desk(world, objects=objects, ingest=Dying(world.container.ingest_knowledge, before=False))
    with pytest.raises(EmbedderUnavailableError):
        dying.manage.approve(draft.draft_id, by="grace")
    assert desk.served() == [(QUESTION, ANSWER)]
    assert desk.manage.finish_decisions() == 1
    assert desk.served() == []


def unreadable_draft(desk: Desk, draft_id: str, status: DraftStatus = DraftStatus.DRAFT) -> Draft:
    """A draft as it was stored before such ones were refused."""
    content = checked_content("Empty", "## Heading without text", kind=DraftKind.ARTICLE)
    moment = desk.world.clock.now()
    draft = Draft(draft_id=draft_id, content=content, status=status, created_at=moment, created_by="ada")
    desk.repository.add(draft)
    return draft


def test_a_draft_that_could_not_be_served_is_neither_made_nor_edited_into_one(desk: Desk) -> None:
    with pytest.raises(InvalidDraftError, match="no text below its headings"):
        desk.draft("Empty", "# only heading", kind=DraftKind.ARTICLE)
    with pytest.raises(InvalidDraftError, match="its content is a pdf"):
        desk.draft("Which?", "Files that begin with %PDF- are read.")
    assert desk.manage.of_status(DraftStatus.DRAFT).drafts == []
    draft = desk.draft("Empty", "Text.", kind=DraftKind.ARTICLE)
    with pytest.raises(InvalidDraftError):
        unreadable = checked_content("Empty", "# only heading", kind=DraftKind.ARTICLE)
        desk.manage.edit(draft.draft_id, unreadable, by="ada")
    assert desk.manage.get(draft.draft_id) == draft


def test_approving_what_cannot_be_read_is_refused_and_the_draft_can_still_be_mended(desk: Desk) -> None:
    draft = unreadable_draft(desk, "old-1")
    with pytest.raises(InvalidDraftError, match="no text below its headings"):
        desk.manage.approve(draft.draft_id, by="grace")
    assert desk.manage.get(draft.draft_id).status is DraftStatus.DRAFT
    mended = checked_content("Empty", "## Heading\n\nText.", kind=DraftKind.ARTICLE)
    desk.manage.edit(draft.draft_id, mended, by="ada")
    desk.manage.approve(draft.draft_id, by="grace")
    assert desk.served() == [("Empty", "Text.")]


def test_a_draft_that_cannot_be_read_keeps_no_other_from_being_finished_and_can_be_withdrawn(world: World) -> None:
    dying = Desk(world, ingest=Dying(world.container.ingest_knowledge, before=True))
    with pytest.raises(EmbedderUnavailableError):
        dying.manage.approve(dying.draft().draft_id, by="grace")
    desk = Desk(world)
    unreadable = unreadable_draft(desk, "old-1", DraftStatus.APPROVED)
    with pytest.raises(InvalidDraftError):
        desk.manage.approve(unreadable.draft_id, by="grace")
    world.ports.objects.write(unreadable.object_key, b"## Heading without text")
    assert desk.manage.finish_decisions() == 1
    assert desk.served() == [(QUESTION, ANSWER)]
    named = [skipped.source for skipped in world.container.ingest_knowledge.sync().skipped]
    assert named == [unreadable.object_key]
    desk.manage.withdraw(unreadable.draft_id, by="alan")
    assert world.container.ingest_knowledge.sync().skipped == []


def test_two_drafts_of_one_question_are_two_documents(desk: Desk) -> None:
    drafts = [desk.draft(answer="Yes."), desk.draft(answer="No.")]
    for draft in drafts:
        desk.manage.approve(draft.draft_id, by="grace")
    assert sorted(desk.served()) == [(QUESTION, "No."), (QUESTION, "Yes.")]


def test_the_question_loses_personal_data_and_the_answer_keeps_the_companys_own_address(desk: Desk) -> None:
    draft = desk.draft("I am anna@mail.example, where do I write to?", "To support@company.example.")
    assert draft.content.question == "I am [email], where do I write to?"
    assert "support@company.example" in draft.content.answer


def test_drafts_are_listed_by_status_page_by_page_the_best_supported_first(desk: Desk) -> None:
    now = desk.world.clock.now()
    for number in range(7):
        desk.repository.add(
            Draft(
                draft_id=f"d{number}",
                content=checked_content(f"Question {number}?", "Answer."),
                origin=DraftOrigin.TICKETS,
                support=number,
                created_at=now,
                created_by="ada",
            )
        )
    desk.manage.reject("d3", by="grace")
    seen, cursor = [], None
    while True:
        page = desk.manage.of_status(DraftStatus.DRAFT, limit=4, cursor=cursor)
        assert len(page.drafts) <= 4
        seen += [draft.draft_id for draft in page.drafts]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ["d6", "d5", "d4", "d2", "d1", "d0"]
    assert [draft.draft_id for draft in desk.manage.of_status(DraftStatus.REJECTED).drafts] == ["d3"]


def test_an_unknown_draft_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        desk.manage.approve("nothing", by="grace")


@pytest.mark.parametrize(
    ("question", "answer", "more"),
    [
        (" ", "Yes.", {}),
        ("Why?", "\n", {}),
        ("x" * 501, "Yes.", {}),
        ("Why?", "x" * 20_001, {}),
        ("Why\x00?", "Yes.", {}),
        ("Why?", "half \ud800", {}),
        ("Why?", "Yes.", {"category": "gardening"}),
        ("Why?", "Yes.", {"url": "javascript:alert(1)"}),
        ("Why?", "Yes.", {"url": "https://a b"}),
    ],
)
def test_content_that_does_not_fit_is_refused(question: str, answer: str, more: dict[str, str]) -> None:
    with pytest.raises(InvalidDraftError):
        checked_content(question, answer, **more)


def test_content_is_kept_in_one_form() -> None:
    content = checked_content(" Why\nnot? ", "Line\r\nnext ", category="Bug report")
    assert (content.question, content.answer, content.category) == ("Why not?", "Line\nnext", "bug_report")


@pytest.mark.parametrize(
    ("text", "name"),
    [("Wie ändere ich das?", "wie-andere-ich-das"), ("../../etc", "etc"), ("???", "question"), ("x" * 90, "x" * 60)],
)
def test_a_question_gives_a_safe_file_name(text: str, name: str) -> None:
    assert slug(text) == name
