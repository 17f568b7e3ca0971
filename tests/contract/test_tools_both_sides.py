"""Tools and approvals on both stores: once per turn, fenced, decided once."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.approval import ApprovalStatus
from firstline.domain.errors import StaleAttemptError
from firstline.domain.identity import Principal, Role
from firstline.domain.ports import Table
from firstline.domain.tool_errors import ApprovalDecidedError
from firstline.domain.tools import ToolStatus
from tests.component.tool_turns import asked, call, commit, once_more
from tests.component.world import World

ANNA, BEN = Principal("anna", Role.AGENT), Principal("ben", Role.AGENT)
OPEN = "Please open a ticket: the export fails every night."


def world_on(table: Table, folder: Path) -> World:
    world = World(folder, table=table)
    world.clock.moment = table._clock.now()  # type: ignore[attr-defined]
    return world


def test_a_ticket_is_opened_once_per_turn_and_by_no_stale_attempt(table: Table, tmp_path: Path) -> None:
    world = world_on(table, tmp_path)
    turn = asked(world, world.open("kim"), OPEN)
    first = call(world, turn, "create_ticket", description="the export fails")
    again = once_more(world, turn)
    assert call(world, again, "create_ticket", description="the export fails") == first
    with pytest.raises(StaleAttemptError):
        call(world, turn, "create_ticket", description="another")
    found = call(world, again, "get_ticket_status", ticket_id=first.ticket_id)
    assert (found.status, found.ticket_id) == (ToolStatus.DONE, first.ticket_id)
    # Nobody has asked for that.
    assert call(world, again, "update_ticket", ticket_id=first.ticket_id, status="closed").status is ToolStatus.REFUSED


def test_an_approval_is_listed_decided_once_and_told(table: Table, tmp_path: Path) -> None:
    world = world_on(table, tmp_path)
    conversation = world.open("kim")
    turn = asked(world, conversation, "change my e-mail to kim@shop.example")
    outcome = call(world, turn, "update_account", action="change", field="email", value="kim@shop.example")
    commit(world, turn, outcome)
    tooling = world.container.tooling
    page = tooling.approvals.of_status(ApprovalStatus.PENDING, limit=10, cursor=None)
    assert [approval.approval_id for approval in page.approvals] == [outcome.approval_id]
    done = tooling.decide.approve(outcome.approval_id, ANNA, version=1)
    assert done.status is ApprovalStatus.DONE
    assert tooling.decide.approve(outcome.approval_id, ANNA, version=1) == done
    with pytest.raises(ApprovalDecidedError):
        tooling.decide.reject(outcome.approval_id, BEN, version=None)
    assert "was approved" in world.container.conversations.events(conversation)[-1].text
    assert tooling.approvals.of_status(ApprovalStatus.PENDING, limit=10, cursor=None).approvals == []


def test_what_nobody_decides_on_expires(table: Table, tmp_path: Path) -> None:
    world = world_on(table, tmp_path)
    conversation = world.open()
    turn = asked(world, conversation, "I want a refund")
    outcome = call(world, turn, "update_account", action="refund")
    commit(world, turn, outcome)
    world.clock.forward(73 * 3600)
    assert world.container.tooling.decide.sweep().expired == 1
    assert world.container.tooling.decide.sweep().expired == 0
