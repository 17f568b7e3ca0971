"""Mail that leaves, on DynamoDB as on SQLite: sent, of unknown fate, held back, suppressed."""

from __future__ import annotations

from pathlib import Path

from firstline.domain.customer_mails import Addressed, Unsent
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.ports import Table
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.suppressions import SuppressionRepository
from firstline.services.mail_outcomes import OutcomeTaken
from tests.component.mail_out import SETTINGS, ask, deliver, mails, say_again
from tests.component.world import World

ADDRESS = "ada@home.example"


def world_of(table: Table, folder: Path) -> World:
    world = World(folder, table=table, **SETTINGS, mail_replies_per_thread=2)
    # One time for all of it.
    table._clock.__dict__ = world.clock.__dict__  # type: ignore[attr-defined]
    return world


def test_mail_is_sent_once_waits_where_its_fate_is_unknown_and_stops_at_the_limit(table: Table, tmp_path: Path) -> None:
    world = world_of(table, tmp_path)
    in_line = CustomerMailRepository(table, retention_days=90)
    conversation_id = ask(world)
    world.post.fails.add("mail_answer")
    assert deliver(world).unknown == 1
    world.post.fails.clear()
    event = {
        "eventType": "Send",
        "mail": {"messageId": "0100", "tags": {k: [v] for k, v in world.post.tags[0].items()}},
    }
    outcomes = world.container.outgoing_mail.outcomes
    assert [outcomes.take(event), outcomes.take(event)] == [OutcomeTaken.SETTLED, OutcomeTaken.NOTHING]
    assert world.container.mailing.threads.conversation_of("0100@email.amazonses.com") == conversation_id
    assert in_line.of_conversation(conversation_id) == []
    say_again(world, conversation_id)
    assert deliver(world).delivered == 1
    say_again(world, conversation_id)
    assert len(deliver(world).held_back) == 1
    assert len(mails(world)) == 2
    assert [one.unsent for one in in_line.of_conversation(conversation_id)] == [Unsent.THREAD_LIMIT]


def test_whom_a_mail_goes_to_is_settled_with_its_words_and_kept_when_it_was_sent(table: Table, tmp_path: Path) -> None:
    world = world_of(table, tmp_path)
    conversation_id = ask(world, Cc="boss@home.example", message_id="a1@home.example")
    (waiting,) = CustomerMailRepository(table, retention_days=90).of_conversation(conversation_id)
    assert waiting.addressed == Addressed(
        "Ada Byron", ("boss@home.example",), "a1@home.example", quoted_seq=1, writer="Ada Byron"
    )
    threads = world.container.mailing.threads
    assert threads.recipients(conversation_id) == {}
    assert deliver(world).delivered == 1
    assert threads.recipients(conversation_id) == {waiting.seq: (ADDRESS, "boss@home.example")}


def test_suppressed_addresses_are_listed_counted_and_let_go(table: Table, tmp_path: Path) -> None:
    world = world_of(table, tmp_path)
    now = world.clock.now()
    kept = SuppressionRepository(table)
    # Twice the same report, then another: the third mail decides.
    counted = [kept.bounced_for_now(ADDRESS, name, at=now) for name in ("m1", "m1", "m2", "m3", "m3")]
    assert counted[:4] == [False, False, False, True]
    passing = kept.of(ADDRESS.upper(), now=now)
    assert passing is not None
    assert passing.reason is SuppressedBecause.TEMPORARY_BOUNCES
    assert passing.until is not None
    assert kept.suppress(ADDRESS, SuppressedBecause.COMPLAINED, at=now)
    assert not kept.suppress(ADDRESS, SuppressedBecause.BOUNCED, at=now)
    assert kept.suppress("b@home.example", SuppressedBecause.BOUNCED, at=now)
    page = kept.page(limit=1)
    rest = kept.page(limit=1, cursor=page.cursor)
    assert {one.hint for one in (*page.suppressions, *rest.suppressions)} == {"a***@home.example", "b***@home.example"}
    world.clock.forward(400 * 86_400)
    found = kept.of(ADDRESS, now=world.clock.now())
    assert found is not None
    assert (found.reason, found.until) == (SuppressedBecause.COMPLAINED, None)
    assert [kept.remove(ADDRESS), kept.remove(ADDRESS)] == [True, False]
    assert kept.of(ADDRESS, now=world.clock.now()) is None
