"""Open sockets, drafts of answers and ratings, kept alike by both stores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from firstline.domain.errors import NotFoundError
from firstline.domain.ports import Table
from firstline.repositories.open_sockets import OpenSocketRepository
from firstline.repositories.ratings import Rating, RatingRepository
from firstline.repositories.reply_drafts import RUN_LENGTH, ReplyDraft, ReplyDraftRepository
from tests.contract.conftest import SettableClock

TURN = ("c1", "t1", 1)


def draft(index: int, text: str, *, places: int = 1) -> ReplyDraft:
    return ReplyDraft(index, index + places, text, version=1)


def test_sockets_of_a_user_are_found_over_conversations_and_forgotten_everywhere(
    table: Table, clock: SettableClock
) -> None:
    sockets = OpenSocketRepository(table)
    for name, conversation in (("b", "c1"), ("a", "c2"), ("c", "c1")):
        sockets.connect(name, conversation, "s1", user="verified#anna", now=clock.now())
        clock.advance(1)
    assert sockets.connections("c1") == ["b", "c"]
    assert sockets.connections_of("verified#anna", "c1") == ["b", "a", "c"]
    sockets.disconnect("b")
    assert sockets.connections_of("verified#anna", "c1") == ["a", "c"]
    assert sockets.socket("a").conversation_id == "c2"


def test_a_socket_stays_greeted_and_one_that_never_was_is_not_made(table: Table, clock: SettableClock) -> None:
    sockets = OpenSocketRepository(table)
    sockets.connect("a", "c1", "s1", now=clock.now())
    assert not sockets.socket("a").greeted
    for _ in range(2):
        sockets.greeted("a")
        assert sockets.socket("a").greeted
    sockets.greeted("never-connected")
    with pytest.raises(NotFoundError):
        sockets.socket("never-connected")


def test_typing_is_passed_on_at_most_every_two_seconds(table: Table, clock: SettableClock) -> None:
    sockets = OpenSocketRepository(table)
    sockets.connect("a", "c1", "s1", now=clock.now())
    passed = []
    for pause in (0.0, 1.0, 1.0, 0.5):
        clock.advance(pause)
        passed.append(sockets.may_type("a", now=clock.now(), every=timedelta(seconds=2)))
    assert passed == [True, False, True, False]


def test_a_draft_is_read_as_it_grew_and_from_where_it_began_anew(table: Table, clock: SettableClock) -> None:
    drafts = ReplyDraftRepository(table)
    assert drafts.get(*TURN) is None
    assert drafts.begin(*TURN, draft(0, "Open "), now=clock.now()) == 0
    drafts.add(*TURN, draft(1, "the page", places=9), now=clock.now())
    assert drafts.get(*TURN) == ReplyDraft(0, 10, "Open the page", 1)
    drafts.add(*TURN, draft(10, "", places=0), begins=True, now=clock.now())
    assert drafts.get(*TURN) is None
    drafts.add(*TURN, draft(10, "Export"), begins=True, now=clock.now())
    assert drafts.get(*TURN) == draft(10, "Export")
    assert drafts.get("c1", "t1", 11) is None


def test_a_second_run_of_an_attempt_begins_beyond_the_first_which_adds_nothing_to_it(
    table: Table, clock: SettableClock
) -> None:
    drafts = ReplyDraftRepository(table)
    drafts.begin(*TURN, draft(0, "First"), now=clock.now())
    assert drafts.begin(*TURN, draft(0, "Second"), now=clock.now()) == RUN_LENGTH
    drafts.add(*TURN, draft(1, " goes on"), now=clock.now())
    assert drafts.get(*TURN) == draft(RUN_LENGTH, "Second")


def test_a_draft_is_gone_after_an_hour(table: Table, clock: SettableClock) -> None:
    drafts = ReplyDraftRepository(table)
    drafts.begin(*TURN, draft(0, "Open "), now=clock.now())
    clock.advance(3601)
    assert drafts.get(*TURN) is None


def test_the_last_rating_of_an_answer_stands(table: Table, clock: SettableClock) -> None:
    ratings = RatingRepository(table, retention_days=90)
    for seq, score in ((12, 5), (3, 4), (12, 1)):
        ratings.put("c1", Rating(seq=seq, turn_id="t1", score=score, reason="", at=clock.now()))
    kept = {rating.seq: rating.score for rating in map(ratings.get, ["c1"] * 3, (3, 5, 12)) if rating}
    assert kept == {3: 4, 12: 1}
