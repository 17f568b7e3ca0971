"""Bodies of the knowledge administration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.drafts import Draft, DraftContent, DraftKind, checked_content


class DraftRequest(BaseModel):
    """A question and the answer that a person gave."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="Of an article, its title; 1 to 500 characters")
    answer: str = Field(description="Markdown; 1 to 20,000 characters")
    category: str = Field(default="", description="One of the six; empty for general_inquiry")
    url: str = Field(default="", description="Page that the answer is from, http or https")
    kind: DraftKind = DraftKind.FAQ

    @property
    def content(self) -> DraftContent:
        """The draft's content. Raises ``InvalidDraftError``."""
        return checked_content(self.question, self.answer, category=self.category, url=self.url, kind=self.kind)


class DecisionRequest(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=500)


class DraftList(BaseModel):
    """One page of drafts, those with the most tickets behind them first."""

    drafts: list[Draft]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where this was the last")
