"""Intents and categories of a company's own: their examples, and what can be wrong with them.

::

    InvalidInputError
    `-- InvalidExamplesError   examples that cannot be learnt                      no retry   422
    ConflictError
    |-- IntentsRefusedError    what was learnt before would be told worse          no retry   409
    |-- IntentsTrainedError    another training was done meanwhile                 no retry   409
    `-- LabelOfFileError       the label is a file's, and is changed there         no retry   409
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from firstline.domain.errors import ConflictError, InvalidInputError
from firstline.domain.ridge_head import OUT_OF_SCOPE

FEWEST_EXAMPLES, MOST_EXAMPLES = 5, 50
MOST_LABELS = 150
LABEL_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_LEAST_LOSS = 0.02
"""By so much the held-back accuracy may fall without being called worse; or by one standard error, if that is more."""


class LabelKind(StrEnum):
    """What a label tells."""

    INTENT = "intent"
    CATEGORY = "category"


class InvalidExamplesError(InvalidInputError):
    """Examples cannot be learnt from; the message says which."""


class IntentsRefusedError(ConflictError):
    """With these examples what was learnt before would be told worse; the message names the labels that collide."""


class IntentsTrainedError(ConflictError):
    """Another training was done while this one ran; what that one learnt stands."""


class LabelOfFileError(ConflictError):
    """The label stands in a file of the company's, and is changed there."""


def _sayable(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("an example needs a letter or digit")
    return text


ExampleText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_sayable)
]


class OwnLabel(BaseModel):
    """A label with its examples."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=LABEL_PATTERN)
    kind: LabelKind = LabelKind.INTENT
    examples: tuple[ExampleText, ...] = Field(min_length=1)


class Collision(BaseModel):
    """Two labels whose examples are taken for each other."""

    label: str
    taken_for: str
    times: int = Field(ge=1)


class TrainingReport(BaseModel):
    """What training came to."""

    version: int = Field(ge=0)
    labels: dict[str, LabelKind]
    examples: int = Field(ge=0)
    accuracy: dict[LabelKind, float]
    """Share of examples that are told right when each is left out of training in turn, in [0, 1]."""
    right: dict[str, float]
    """The same by label."""
    collisions: list[Collision]
    seconds: float = Field(ge=0.0)


def check_labels(labels: Sequence[OwnLabel], *, alone: bool = False) -> None:
    """Tell whether labels can be learnt together.

    Parameters
    ----------
    alone : bool
        A single label of a kind is no fault.

    Raises
    ------
    InvalidExamplesError
        A label has fewer than 5 or more than 50 different examples, one text stands for two labels of a kind, there
        are over 150 labels, or only one of a kind, from which nothing tells it.
    """
    if len(labels) > MOST_LABELS:
        raise InvalidExamplesError(f"{len(labels)} labels; at most {MOST_LABELS} are taken")
    meant: dict[tuple[LabelKind, str], str] = {}
    for label in labels:
        distinct = {example.casefold() for example in label.examples}
        if label.name != OUT_OF_SCOPE and not FEWEST_EXAMPLES <= len(distinct) <= MOST_EXAMPLES:
            raise InvalidExamplesError(
                f"{label.name} has {len(distinct)} different examples; {FEWEST_EXAMPLES} to {MOST_EXAMPLES} are taken"
            )
        for example in distinct:
            other = meant.setdefault((label.kind, example), label.name)
            if other != label.name:
                raise InvalidExamplesError(f"{other} and {label.name} collide: both have the example {example[:80]!r}")
    for kind, n_labels in Counter(label.kind for label in labels if label.name != OUT_OF_SCOPE).items():
        if n_labels < 2 and not alone:
            raise InvalidExamplesError(f"there is one {kind.value} only; two at least are needed to tell them apart")


def check_no_worse(
    before: Mapping[str, float], after: Mapping[str, float], n_examples: Mapping[str, int], collisions: list[Collision]
) -> None:
    """Compare the held-back accuracy of labels that were learnt before.

    Parameters
    ----------
    before, after : mapping of str to float
        Accuracy by label, in [0, 1]; labels that are not in both do not count.
    n_examples : mapping of str to int
        How many examples each label has now.

    Raises
    ------
    IntentsRefusedError
        It fell by more than two points and more than a standard error.
    """
    both = [label for label in before if label in after]
    total = sum(n_examples[label] for label in both)
    if not total:
        return
    was, now = (sum(kept[label] * n_examples[label] for label in both) / total for kept in (before, after))
    allowed = max(_LEAST_LOSS, (was * (1.0 - was) / total) ** 0.5)
    if was - now > allowed:
        pairs = ", ".join(f"{one.label} with {one.taken_for} ({one.times})" for one in collisions[:5])
        raise IntentsRefusedError(f"held-back accuracy falls from {was:.3f} to {now:.3f}; these collide: {pairs}")
