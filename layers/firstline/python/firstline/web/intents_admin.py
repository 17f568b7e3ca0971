"""A company's own intents and categories over REST."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.own_labels import (
    FEWEST_EXAMPLES,
    LABEL_PATTERN,
    MOST_EXAMPLES,
    ExampleText,
    LabelKind,
    OwnLabel,
    TrainingReport,
)
from firstline.web.access import ContainerOfApp, admin

PREFIX = "/admin/intents"
router = APIRouter(prefix=PREFIX, tags=["own intents"], dependencies=[Depends(admin)])

Name = Annotated[str, Path(pattern=LABEL_PATTERN)]


class LabelContent(BaseModel):
    """What a label is told by."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: LabelKind = LabelKind.INTENT
    examples: list[ExampleText] = Field(min_length=FEWEST_EXAMPLES, max_length=MOST_EXAMPLES)


class LabelList(BaseModel):
    """Every label, and what judges."""

    labels: list[OwnLabel]
    trained: TrainingReport | None
    """What the last training came to; null where there was none."""


@router.get("")
def list_labels(container: ContainerOfApp) -> LabelList:
    """Every intent and category of the company's own, by name."""
    return LabelList(labels=container.own_intents.labels(), trained=container.own_intents.report())


@router.put("/{label}")
def put_label(label: Name, body: LabelContent, container: ContainerOfApp) -> OwnLabel:
    """Add a label, or replace its examples. It takes effect with the next training."""
    own = OwnLabel(name=label, kind=body.kind, examples=tuple(body.examples))
    container.own_intents.put(own)
    return own


@router.delete("/{label}", status_code=HTTPStatus.NO_CONTENT)
def delete_label(label: Name, container: ContainerOfApp) -> Response:
    """Forget a label that was added here. It takes effect with the next training."""
    container.own_intents.delete(label)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/training")
def train_labels(container: ContainerOfApp) -> TrainingReport:
    """Learn all labels anew; 409 where what was learnt before would be told worse, and then nothing changes."""
    return container.own_intents.train()
