"""A company's own intents and categories: added by file or REST, learnt in seconds, judged in every turn."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.intent_model import IntentModel, fit_intents
from firstline.domain.judged import Judged
from firstline.domain.own_labels import (
    Collision,
    LabelKind,
    OwnLabel,
    TrainingReport,
    check_labels,
    check_no_worse,
)
from firstline.domain.ports import Clock, Embedder
from firstline.domain.ridge_head import OUT_OF_SCOPE, HeldBack, Step
from firstline.repositories.own_labels import ExampleFiles, OwnModels

_FRESH = timedelta(seconds=60)
_MOST_COLLISIONS = 20


@dataclass(frozen=True)
class _Learnt:
    version: int = 0
    models: dict[LabelKind, IntentModel] = field(default_factory=dict)


class OwnIntents:
    """Labels of a company's own.

    What is trained judges within a minute in every process: so long a model is kept before a newer one is looked for.
    """

    def __init__(self, files: ExampleFiles, models: OwnModels, embedder: Embedder, *, clock: Clock) -> None:
        self._files = files
        self._models = models
        self._embedder = embedder
        self._clock = clock
        self._reading = threading.Lock()
        self._learnt = _Learnt()
        self._fresh_until: datetime | None = None

    def labels(self) -> list[OwnLabel]:
        """Return every label as it stands in the files, by name. Raises ``InvalidExamplesError``."""
        return self._files.all()

    def report(self) -> TrainingReport | None:
        """Return what the last training came to, None where there was none."""
        return self._models.current()

    def put(self, label: OwnLabel) -> None:
        """Add a label, or replace its examples; training makes use of it.

        Raises
        ------
        InvalidExamplesError
            It could not be learnt beside the others.
        LabelOfFileError
            It stands in a file of the company's.
        """
        others = [one for one in self._files.all() if one.name != label.name]
        # One label alone is a beginning; training asks for two.
        check_labels([*others, label], alone=True)
        self._files.put(label)

    def delete(self, name: str) -> None:
        """Forget a label, which the next training leaves out. Raises ``NotFoundError``, ``LabelOfFileError``."""
        self._files.delete(name)

    def train(self, *, step: Step = lambda _: None) -> TrainingReport:
        """Learn all labels anew.

        Parameters
        ----------
        step : callable
            Told the name of each step as it begins.

        Raises
        ------
        InvalidExamplesError
            A label has too few or too many examples, or two labels have one in common.
        IntentsRefusedError
            What was learnt before would be told worse; what judges stays as it was.
        IntentsTrainedError
            Another training was done meanwhile.
        EmbedderUnavailableError
        """
        started = self._clock.now()
        labels = self._files.all()
        check_labels(labels)
        before = self._models.current()
        fitted = {
            kind: _fitted(of_kind, self._embedder, step)
            for kind in LabelKind
            if (of_kind := [label for label in labels if label.kind is kind])
        }
        report = _report(labels, fitted, version=before.version + 1 if before else 1)
        if before is not None:
            sizes = {label.name: len(label.examples) for label in labels}
            check_no_worse(before.right, report.right, sizes, report.collisions)
        report = report.model_copy(update={"seconds": (self._clock.now() - started).total_seconds()})
        step("storing")
        content = _packed({kind: model for kind, (model, _) in fitted.items()})
        self._models.put(report, content, replaces=before.version if before else 0)
        self._fresh_until = None
        return report

    def judge(self, text: str, vector: NDArray[np.float32] | None = None) -> Judged | None:
        """Return the company's intent that a text is likest, None where it has none."""
        return self._judge(LabelKind.INTENT, text, vector)

    def judge_category(self, text: str, vector: NDArray[np.float32] | None = None) -> Judged | None:
        """Return the company's category that a text is likest, None where it has none."""
        return self._judge(LabelKind.CATEGORY, text, vector)

    def _judge(self, kind: LabelKind, text: str, vector: NDArray[np.float32] | None) -> Judged | None:
        model = self._lately().models.get(kind)
        return None if model is None else model.judge(text, vector)

    def _lately(self) -> _Learnt:
        now = self._clock.now()
        if self._fresh_until is not None and now < self._fresh_until:
            return self._learnt
        with self._reading:
            try:
                current = self._models.current()
                version = current.version if current else 0
                if version != self._learnt.version:
                    models = _unpacked(self._models.read(version)) if version else {}
                    self._learnt = _Learnt(version, models)
            except (NotFoundError, StoreUnavailableError):
                # Replaced while it was read, or not to be had: what was known judges until the next look.
                pass
            self._fresh_until = now + _FRESH
            return self._learnt


def _fitted(labels: Sequence[OwnLabel], embedder: Embedder, step: Step) -> tuple[IntentModel, HeldBack]:
    pairs = [(example, label.name) for label in labels for example in label.examples]
    return fit_intents([text for text, _ in pairs], [name for _, name in pairs], embedder.embed, step=step)


def _report(
    labels: Sequence[OwnLabel], fitted: dict[LabelKind, tuple[IntentModel, HeldBack]], *, version: int
) -> TrainingReport:
    held = {kind: held_back for kind, (_, held_back) in fitted.items()}
    collisions = [
        Collision(label=told, taken_for=said, times=times)
        for held_back in held.values()
        for (told, said), times in held_back.collisions.items()
    ]
    return TrainingReport(
        version=version,
        labels={label.name: label.kind for label in labels if label.name != OUT_OF_SCOPE},
        examples=sum(len(label.examples) for label in labels),
        accuracy={kind: held_back.accuracy for kind, held_back in held.items()},
        right={name: share for held_back in held.values() for name, share in held_back.right.items()},
        collisions=sorted(collisions, key=lambda one: -one.times)[:_MOST_COLLISIONS],
        seconds=0.0,
    )


def _packed(models: dict[LabelKind, IntentModel]) -> bytes:
    written = io.BytesIO()
    arrays = {kind.value: np.frombuffer(model.as_bytes(), np.uint8) for kind, model in models.items()}
    np.savez(written, allow_pickle=False, **arrays)
    return written.getvalue()


def _unpacked(content: bytes) -> dict[LabelKind, IntentModel]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {LabelKind(kind): IntentModel.from_bytes(arrays[kind].tobytes()) for kind in arrays.files}
