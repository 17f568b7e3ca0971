"""The order in which a client sees events that overtake each other."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from firstline.local.event_log import EventLog


def frame(seq: int) -> dict[str, Any]:
    return {"type": "event", "seq": seq}


def test_events_are_given_out_once_and_in_order_however_they_arrive() -> None:
    for order in permutations(range(1, 6)):
        log, shown = EventLog(), []
        for seq in (*order, *order):
            shown += log.add(seq, frame(seq))
        assert shown == [frame(seq) for seq in range(1, 6)]
        assert (log.last_seq, log.has_gap) == (5, False)


def test_the_place_to_resume_from_stays_before_a_gap() -> None:
    log = EventLog()
    log.add(1, frame(1))
    assert log.add(4, frame(4)) == []
    assert (log.last_seq, log.has_gap) == (1, True)


def test_what_a_replay_did_not_hold_is_not_waited_for() -> None:
    log = EventLog()
    log.add(3, frame(3))
    log.add(5, frame(5))
    log.add(6, None)
    assert log.settle(4) == [frame(3), frame(5)]
    assert (log.last_seq, log.has_gap) == (6, False)
    assert log.settle(2) == []
    assert log.last_seq == 6
