"""What scripts/train own does: learns the intents and categories of knowledge/training/intents anew."""

from __future__ import annotations

import sys
from pathlib import Path

from knowledge_commands import opened

from firstline.domain.errors import InvalidInputError
from firstline.domain.own_labels import IntentsRefusedError
from firstline.repositories.own_labels import ExampleFiles, OwnModels
from firstline.services.own_intents import OwnIntents

REFUSED, INVALID = 1, 2


def train_own(data: Path | None, knowledge: Path | None) -> int:
    """Train over the folders that ``scripts/run`` uses; return 1 where it is refused, 2 where a file does not fit."""
    with opened(data, knowledge) as adapters:
        own = OwnIntents(
            ExampleFiles(adapters.objects), OwnModels(adapters.table), adapters.embedder, clock=adapters.clock
        )
        try:
            report = own.train(step=lambda name: print(f"{name} ...", file=sys.stderr, flush=True))
        except IntentsRefusedError as error:
            print(f"scripts/train: refused, nothing changed: {error}", file=sys.stderr)
            return REFUSED
        except InvalidInputError as error:
            print(f"scripts/train: {error}", file=sys.stderr)
            return INVALID
    print(f"version {report.version}: {len(report.labels)} labels, {report.examples} examples, {report.seconds:.1f} s")
    for kind, accuracy in report.accuracy.items():
        print(f"{kind.value}: {accuracy:.3f} of examples told right when left out of training")
    for one in report.collisions:
        print(f"collides: {one.label} taken for {one.taken_for}, {one.times} times")
    return 0
