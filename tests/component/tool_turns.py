"""A turn as its tools meet it: identified, classified and searched for, and not answered yet."""

from __future__ import annotations

import itertools
from typing import Any

from firstline.domain.language_model import ToolCall
from firstline.domain.table import Check
from firstline.domain.tools import ToolOutcome
from firstline.domain.turn import Turn
from tests.component.world import NODES, World

_calls = itertools.count(1)


def asked(world: World, conversation_id: str, text: str, *, execution_id: str = "") -> Turn:
    """Say something, and run its turn as far as the answer."""
    accepted = world.say(conversation_id, text)
    return Turn.model_validate(
        world.run(conversation_id, accepted, until="RetrieveKnowledge", execution_id=execution_id)
    )


def once_more(world: World, turn: Turn) -> Turn:
    """Return a second attempt of the same turn: the first one's lease is over, and it knows nothing of it."""
    world.clock.forward(world.container.settings.turn_lease_s + 1)
    document = {**turn.model_dump(mode="json", include={"turn_id", "conversation_id", "correlation_id", "channel"})}
    document["message"] = turn.message.model_dump(mode="json")
    for name in NODES[:3]:
        document = world.node(name, document, execution_id=f"again-{next(_calls)}")
    return Turn.model_validate(document)


def call(world: World, turn: Turn, name: str, **arguments: Any) -> ToolOutcome:
    """Have a model's call carried out."""
    return world.container.tooling.use.call(turn, ToolCall(f"c{next(_calls)}", name, arguments))


def commit(world: World, turn: Turn, outcome: ToolOutcome) -> None:
    """Write what belongs into the reply's transaction."""
    writes = [operation for operation in outcome.also if not isinstance(operation, Check)]
    world.ports.table.transact(writes)
