"""A ticket that a turn opens is as urgent as the turn was judged, whatever words the model gives it."""

from __future__ import annotations

import pytest

from firstline.domain.classification import level_of
from firstline.domain.ticket import TicketPriority
from tests.component.tool_turns import asked, call
from tests.component.world import World


@pytest.mark.parametrize(("urgency", "priority"), [(0.05, TicketPriority.LOW), (0.95, TicketPriority.URGENT)])
def test_the_turns_judgement_is_the_tickets(world: World, urgency: float, priority: TicketPriority) -> None:
    turn = asked(world, world.open("anna"), "Please open a ticket: the export fails every night.")
    judged = {"urgency": urgency, "urgency_level": level_of(urgency), "frustration": 0.0, "sentiment": 0.0}
    turn.classification = turn.classified.model_copy(update=judged)
    outcome = call(world, turn, "create_ticket", description="the export fails")
    (ticket,) = world.container.ticketing.manage.of_customer(turn.identified.customer.customer_id)
    assert (ticket.ticket_id, ticket.priority) == (outcome.ticket_id, priority)
