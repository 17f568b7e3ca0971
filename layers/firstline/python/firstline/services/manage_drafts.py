"""Drafts made, changed, approved into the knowledge, withdrawn from it, or rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol

from firstline.domain.drafts import (
    Draft,
    DraftChangedError,
    DraftContent,
    DraftDecidedError,
    DraftDecision,
    DraftKind,
    DraftNotServedError,
    DraftStatus,
    InvalidDraftError,
)
from firstline.domain.errors import NotFoundError, UnreadableDocumentError
from firstline.domain.masking import mask
from firstline.domain.ports import Clock, Ids, ObjectStore
from firstline.repositories.drafts import DraftPage, DraftRepository
from firstline.services.ingest_knowledge import IngestionReport


class Ingest(Protocol):
    """What brings one object into the index; ``IngestKnowledge`` does."""

    def ingest(self, key: str) -> IngestionReport:
        """Bring the index in step with the object."""
        ...

    def check(self, key: str, content: bytes) -> None:
        """Raise ``UnreadableDocumentError`` where an object of that name and content could not be served."""
        ...


class ManageDrafts:
    """Nothing of a draft is served before it is approved or after it is withdrawn, and nothing of a rejected one ever.

    Approval first marks the draft, then writes its object, then ingests that, then notes that it is served; withdrawal
    marks it, deletes its object, ingests that, then notes that it is gone. Each step may be repeated, and deciding the
    same again goes on where a killed process stopped; the object's key is the draft's, so nothing is served twice. A
    rejection in between fails, because the mark came first; an approval that a withdrawal overtakes undoes its own
    object.
    """

    def __init__(
        self, drafts: DraftRepository, objects: ObjectStore, ingest: Ingest, *, clock: Clock, ids: Ids
    ) -> None:
        self._drafts = drafts
        self._objects = objects
        self._ingest = ingest
        self._clock = clock
        self._ids = ids

    def create(self, content: DraftContent, *, by: str) -> Draft:
        """Make a draft of a question and a person's answer; the question loses its personal data.

        Raises ``InvalidDraftError`` where it could not be served.
        """
        draft = Draft(
            draft_id=self._ids.new(),
            content=content.model_copy(update={"question": mask(content.question)}),
            created_at=self._clock.now(),
            created_by=by,
        )
        self.check(draft)
        self._drafts.add(draft)
        return draft

    def check(self, draft: Draft) -> None:
        """Raise ``InvalidDraftError``, with the reason, where the draft could not be served."""
        try:
            self._ingest.check(draft.object_key, object_content(draft.content))
        except UnreadableDocumentError as error:
            raise InvalidDraftError(f"the draft cannot be served: {error}") from error

    def get(self, draft_id: str) -> Draft:
        """Return the draft. Raises ``NotFoundError``."""
        return self._drafts.get(draft_id)

    def of_status(self, status: DraftStatus, *, limit: int = 50, cursor: str | None = None) -> DraftPage:
        """Return drafts, those with the most tickets behind them first. Raises ``InvalidCursorError``."""
        return self._drafts.of_status(status, limit=limit, cursor=cursor)

    def edit(self, draft_id: str, content: DraftContent, *, by: str, version: int | None = None) -> Draft:
        """Change what would be served.

        Parameters
        ----------
        version : int, optional
            The version that was read; without it, whatever stands.

        Raises
        ------
        NotFoundError
        DraftChangedError
            The draft is another version.
        DraftDecidedError
            It was approved or rejected already.
        InvalidDraftError
            It could not be served.
        """
        draft = self._undecided(draft_id, version)
        edited = content.model_copy(update={"question": mask(content.question)})
        self.check(draft.model_copy(update={"content": edited}))
        return self._drafts.change(draft, lambda d: d.model_copy(update={"content": edited, "edited_by": by}))

    def decide(
        self, draft_id: str, decision: DraftDecision, *, by: str, reason: str = "", version: int | None = None
    ) -> Draft:
        """Approve, reject or withdraw a draft. Raises as the method of that name does."""
        act = {
            DraftDecision.APPROVE: self.approve,
            DraftDecision.REJECT: self.reject,
            DraftDecision.WITHDRAW: self.withdraw,
        }[decision]
        return act(draft_id, by=by, reason=reason, version=version)

    def reject(self, draft_id: str, *, by: str, reason: str = "", version: int | None = None) -> Draft:
        """Have a draft never served; rejecting it again changes nothing. Raises as ``edit`` does."""
        draft = self._drafts.get(draft_id)
        if draft.status is DraftStatus.REJECTED:
            return draft
        draft = self._undecided(draft_id, version)
        return self._decide(draft, DraftStatus.REJECTED, by, reason)

    def approve(self, draft_id: str, *, by: str, reason: str = "", version: int | None = None) -> Draft:
        """Serve a draft; approving it again changes nothing, or finishes what was broken off.

        Raises
        ------
        NotFoundError
        DraftChangedError
            The draft is another version.
        DraftDecidedError
            It was rejected or withdrawn.
        InvalidDraftError
            What the draft says could not be served, such as an article without text below its headings; it stays as it
            was, to be edited.
        UnreadableDocumentError
            Ingestion skipped its object all the same, because another document has its name.
        EmbedderUnavailableError, KnowledgeIndexUnavailableError, StoreUnavailableError
            The draft is approved but not served yet; approve it again.
        """
        draft = self._drafts.get(draft_id)
        if draft.status is not DraftStatus.APPROVED:
            undecided = self._undecided(draft_id, version)
            self.check(undecided)
            draft = self._decide(undecided, DraftStatus.APPROVED, by, reason)
        elif not draft.served_at:
            self.check(draft)
        return draft if draft.served_at else self._serve(draft)

    def withdraw(self, draft_id: str, *, by: str, reason: str = "", version: int | None = None) -> Draft:
        """Take an approved draft out of the knowledge; withdrawing it again finishes what was broken off.

        Raises
        ------
        NotFoundError
        DraftChangedError
            The draft is another version.
        DraftNotServedError
            It was never approved.
        KnowledgeIndexUnavailableError, StoreUnavailableError
            The draft is withdrawn but its article may still be found; withdraw it again.
        """
        draft = self._drafts.get(draft_id)
        if draft.status is not DraftStatus.WITHDRAWN:
            if draft.status is not DraftStatus.APPROVED:
                raise DraftNotServedError(f"draft {draft_id} is {draft.status}, not approved")
            _check_version(draft, version)
            mark = {
                "status": DraftStatus.WITHDRAWN,
                "withdrawn_at": self._clock.now(),
                "withdrawn_by": by,
                "withdrawal_reason": reason,
            }
            draft = self._drafts.change(draft, lambda d: d.model_copy(update=mark))
        return self._take_out(draft)

    def finish_decisions(self) -> int:
        """Bring approvals and withdrawals that were broken off to their end, as after a crash; return how many.

        Raises as ``approve`` and ``withdraw`` do, except where a draft cannot be read: the report of the comparison
        with the whole folder names its file, until somebody withdraws it.
        """
        broken_off = [draft for draft in self._all(DraftStatus.APPROVED) if draft.served_at is None]
        left_behind = [draft for draft in self._all(DraftStatus.WITHDRAWN) if draft.served_at or self._lies(draft)]
        finished = 0
        for draft in broken_off:
            try:
                self.approve(draft.draft_id, by=draft.decided_by)
            except (InvalidDraftError, UnreadableDocumentError):
                continue
            finished += 1
        for draft in left_behind:
            self.withdraw(draft.draft_id, by=draft.withdrawn_by)
        return finished + len(left_behind)

    def _all(self, status: DraftStatus) -> Iterator[Draft]:
        cursor = None
        while True:
            page = self._drafts.of_status(status, limit=100, cursor=cursor)
            yield from page.drafts
            cursor = page.cursor
            if cursor is None:
                return

    def _lies(self, draft: Draft) -> bool:
        """Tell whether the draft's object is among the knowledge."""
        try:
            self._objects.stat(draft.object_key)
        except NotFoundError:
            return False
        return True

    def _undecided(self, draft_id: str, version: int | None) -> Draft:
        draft = self._drafts.get(draft_id)
        if draft.status is not DraftStatus.DRAFT:
            raise DraftDecidedError(f"draft {draft_id} is {draft.status} already")
        _check_version(draft, version)
        return draft

    def _decide(self, draft: Draft, status: DraftStatus, by: str, reason: str) -> Draft:
        decision = {"status": status, "decided_at": self._clock.now(), "decided_by": by, "reason": reason}
        return self._drafts.change(draft, lambda d: d.model_copy(update=decision))

    def _serve(self, draft: Draft) -> Draft:
        key = draft.object_key
        self._objects.write(key, object_content(draft.content))
        for skipped in self._ingest.ingest(key).skipped:
            raise UnreadableDocumentError(f"draft {draft.draft_id} cannot be served: {skipped.reason}")
        try:
            return self._drafts.change(draft, lambda d: d.model_copy(update={"served_at": self._clock.now()}))
        except DraftChangedError:
            # Meanwhile another process served the same draft, or withdrew it, perhaps before the object was written.
            changed = self._drafts.get(draft.draft_id)
            return self._take_out(changed) if changed.status is DraftStatus.WITHDRAWN else changed

    def _take_out(self, draft: Draft) -> Draft:
        self._objects.delete(draft.object_key)
        self._ingest.ingest(draft.object_key)
        if draft.served_at is None:
            return draft
        try:
            return self._drafts.change(draft, lambda d: d.model_copy(update={"served_at": None}))
        except DraftChangedError:
            # Another process took it out meanwhile; a withdrawn draft changes in no other way.
            return self._drafts.get(draft.draft_id)


def _check_version(draft: Draft, version: int | None) -> None:
    if version is not None and draft.version != version:
        raise DraftChangedError(f"draft {draft.draft_id} is at version {draft.version}, not {version}")


def object_content(content: DraftContent) -> bytes:
    """Return the file that stands for a draft among the knowledge: a row of FAQs, or an article with front matter."""
    if content.kind is DraftKind.FAQ:
        row = {
            "question": content.question,
            "answer": content.answer,
            "category": content.category,
            "url": content.url,
        }
        return (json.dumps(row, ensure_ascii=False) + "\n").encode()
    fields = {"title": content.question, "category": content.category, "url": content.url}
    # JSON texts are YAML texts too, whatever characters a title has.
    matter = "".join(f"{name}: {json.dumps(value)}\n" for name, value in fields.items() if value)
    return f"---\n{matter}---\n\n{content.answer}\n".encode()
