"""What sessions keep, over both stores: answers under a key, summaries, silence, history from either end."""

from __future__ import annotations

import pytest

from firstline.domain.conversation import Author, Channel, Conversation, ConversationStatus, Event
from firstline.domain.errors import ConditionFailedError, IdempotencyKeyReusedError, RequestInProgressError
from firstline.domain.ports import Table
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.idempotency import Claim, IdempotencyRepository, KeptAnswer
from firstline.repositories.quiet_conversations import QuietConversationRepository
from firstline.repositories.summaries import SummaryRepository
from firstline.repositories.turns import TurnRepository
from tests.contract.conftest import SettableClock

ANSWER = KeptAnswer(201, b'{"token": "t\xc3\xa9"}', {"content-type": "application/json", "location": "/x"})
HOUR = 3600


@pytest.fixture
def conversations(table: Table) -> ConversationRepository:
    return ConversationRepository(table, retention_days=90, timeout_hours=24)


@pytest.fixture
def conversation(conversations: ConversationRepository, clock: SettableClock) -> Conversation:
    new = Conversation(conversation_id="c1", channel=Channel.CHAT, created_at=clock.now())
    return conversations.create(new, "Hello!")


def say(conversations: ConversationRepository, table: Table, clock: SettableClock, message_id: str) -> None:
    turn = TurnRepository(table, conversations, lease_s=60).new_item(
        "c1", f"t-{message_id}", correlation_id="", channel="chat", now=clock.now()
    )
    conversations.accept("c1", message_id, message_id, turn=turn, now=clock.now())


def test_an_answer_is_kept_sealed_and_comes_back_whole(table: Table, clock: SettableClock) -> None:
    repository, claim = IdempotencyRepository(table), Claim("scope", "key", "h1")
    assert repository.begin(claim, "sha", now=clock.now()) is None
    with pytest.raises(RequestInProgressError):
        repository.begin(Claim("scope", "key", "h2"), "sha", now=clock.now())
    repository.keep(claim, ANSWER)
    assert repository.begin(Claim("scope", "key", "h2"), "sha", now=clock.now()) == ANSWER
    with pytest.raises(IdempotencyKeyReusedError):
        repository.begin(Claim("scope", "key", "h2"), "other", now=clock.now())
    assert repository.begin(Claim("another scope", "key", "h2"), "other", now=clock.now()) is None
    clock.advance(24 * HOUR)
    assert repository.begin(Claim("scope", "key", "h3"), "other", now=clock.now()) is None


def test_one_whose_holder_died_is_taken_over_once_and_the_dead_one_changes_nothing(
    table: Table, clock: SettableClock
) -> None:
    repository = IdempotencyRepository(table)
    dead, heir = Claim("scope", "key", "h1"), Claim("scope", "key", "h2")
    assert repository.begin(dead, "sha", now=clock.now()) is None
    clock.advance(61)
    assert repository.begin(heir, "sha", now=clock.now()) is None
    with pytest.raises(RequestInProgressError):
        repository.begin(Claim("scope", "key", "h3"), "sha", now=clock.now())
    repository.release(dead)
    repository.keep(dead, KeptAnswer(500, b"late"))
    with pytest.raises(RequestInProgressError):
        repository.begin(dead, "sha", now=clock.now())
    repository.keep(heir, ANSWER)
    repository.release(heir)
    assert repository.begin(dead, "sha", now=clock.now()) == ANSWER


def test_a_key_that_is_given_back_is_free(table: Table, clock: SettableClock) -> None:
    repository, claim = IdempotencyRepository(table), Claim("scope", "key", "h1")
    repository.begin(claim, "sha", now=clock.now())
    repository.release(claim)
    assert repository.begin(Claim("scope", "key", "h2"), "another", now=clock.now()) is None


def test_a_summary_is_replaced_only_from_where_it_was_read(
    table: Table, conversations: ConversationRepository, conversation: Conversation
) -> None:
    summaries = SummaryRepository(table)
    summaries.replace(conversation, "one", up_to_seq=4)
    with pytest.raises(ConditionFailedError):
        summaries.replace(conversation, "late", up_to_seq=3)
    summaries.replace(conversations.get("c1"), "two", up_to_seq=9)
    stored = conversations.get("c1")
    assert (stored.summary, stored.summary_up_to_seq) == ("two", 9)
    table.update(keys.conversation("c1"), keys.META, remove=("summary", "summary_up_to_seq"))
    summaries.replace(conversations.get("c1"), "first", up_to_seq=2)
    assert conversations.get("c1").summary == "first"


@pytest.mark.usefixtures("conversation")
def test_a_conversation_is_due_when_it_may_be_quiet_closed_once_and_due_again_when_reopened(
    table: Table, conversations: ConversationRepository, clock: SettableClock
) -> None:
    quiet = QuietConversationRepository(table, conversations, retention_days=90)
    assert list(quiet.due(now=clock.now(), limit=10)) == []
    clock.advance(24 * HOUR)
    assert list(quiet.due(now=clock.now(), limit=10)) == ["c1"]
    seen = conversations.get("c1")
    event = Event(seq=seen.next_seq, author=Author.SYSTEM, text="closed", at=clock.now())
    assert quiet.close(seen, event)
    assert not quiet.close(seen, event)
    assert list(quiet.due(now=clock.now(), limit=10)) == []
    assert conversations.get("c1").status is ConversationStatus.CLOSED
    say(conversations, table, clock, "m1")
    assert conversations.get("c1").status is ConversationStatus.OPEN
    clock.advance(24 * HOUR)
    assert list(quiet.due(now=clock.now(), limit=10)) == ["c1"]
    quiet.look_again("c1", look_at=clock.now(), now=clock.now())
    assert list(quiet.due(now=clock.now(), limit=10)) == ["c1"]
    quiet.forget("c1")
    assert list(quiet.due(now=clock.now(), limit=10)) == []


@pytest.mark.usefixtures("conversation")
def test_a_message_said_in_the_meantime_keeps_the_conversation_open(
    table: Table, conversations: ConversationRepository, clock: SettableClock
) -> None:
    seen = conversations.get("c1")
    say(conversations, table, clock, "m1")
    event = Event(seq=seen.next_seq, author=Author.SYSTEM, text="closed", at=clock.now())
    assert not QuietConversationRepository(table, conversations, retention_days=90).close(seen, event)
    assert [entry.text for entry in conversations.events("c1")] == ["Hello!", "m1"]


@pytest.mark.usefixtures("conversation")
def test_history_is_read_from_either_end(
    table: Table, conversations: ConversationRepository, clock: SettableClock
) -> None:
    for number in range(5):
        say(conversations, table, clock, f"m{number}")
    assert [event.seq for event in conversations.latest_events("c1", limit=2)] == [5, 6]
    assert [event.seq for event in conversations.latest_events("c1", limit=2, before_seq=5)] == [3, 4]
    assert [event.seq for event in conversations.latest_events("c1", limit=9, before_seq=2)] == [1]
    assert conversations.latest_events("c1", limit=9, before_seq=1) == []
