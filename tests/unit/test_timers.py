"""Background work of a laptop, and the queue of a socket."""

from __future__ import annotations

import asyncio
import threading

import pytest

from firstline.domain.errors import ConnectionGoneError
from firstline.local.boundary import Boundary
from firstline.local.outgoing import RESTARTING, TOO_SLOW, Outgoing
from firstline.local.timers import Timer


def test_a_timer_calls_again_and_again_although_the_action_fails() -> None:
    calls, enough = [], threading.Event()

    def fail() -> None:
        calls.append(1)
        if len(calls) == 3:
            enough.set()
        raise ZeroDivisionError

    timer = Timer("failing", 0.005, fail, at_once=True)
    timer.start()
    assert enough.wait(5)
    timer.stop()
    n_calls = len(calls)
    assert not threading.Event().wait(0.03)
    assert len(calls) == n_calls


def test_a_boundary_logs_kind_and_place_but_not_the_words(caplog: pytest.LogCaptureFixture) -> None:
    with Boundary("sweep"):
        raise ValueError("my card is 4111")
    (record,) = caplog.records
    logged = vars(record)
    assert (logged["work"], logged["error"]) == ("sweep", "ValueError")
    assert "test_timers.py" in logged["at"]
    assert "4111" not in str(logged)


def test_a_boundary_lets_the_end_of_the_process_through() -> None:
    with pytest.raises(KeyboardInterrupt), Boundary("sweep"):
        raise KeyboardInterrupt


def test_frames_leave_in_order_and_what_waits_goes_before_the_socket_closes() -> None:
    async def scenario() -> list[list[str]]:
        outgoing = Outgoing(asyncio.get_running_loop())
        await asyncio.to_thread(lambda: [outgoing.send(str(number)) for number in range(5)])
        first = await outgoing.take()
        outgoing.send("last")
        outgoing.close(RESTARTING)
        with pytest.raises(ConnectionGoneError):
            outgoing.send("too late")
        second, third = await outgoing.take(), await outgoing.take()
        assert outgoing.close_code == RESTARTING
        return [first, second, third]

    assert asyncio.run(scenario()) == [["0", "1", "2", "3", "4"], ["last"], []]


@pytest.mark.parametrize(("n_frames", "frame"), [(4, "a"), (2, "a" * 60)])
def test_too_many_frames_or_bytes_close_the_socket_at_once(n_frames: int, frame: str) -> None:
    async def scenario() -> Outgoing:
        outgoing = Outgoing(asyncio.get_running_loop(), max_frames=3, max_bytes=100)
        for _ in range(n_frames - 1):
            outgoing.send(frame)
        with pytest.raises(ConnectionGoneError):
            outgoing.send(frame)
        await asyncio.wait_for(outgoing.overflowed.wait(), 1)
        return outgoing

    assert asyncio.run(scenario()).close_code == TOO_SLOW


def test_a_socket_of_a_loop_that_has_ended_is_no_error_to_close() -> None:
    async def make() -> Outgoing:
        return Outgoing(asyncio.get_running_loop())

    outgoing = asyncio.run(make())
    outgoing.close()
    with pytest.raises(ConnectionGoneError):
        outgoing.send("a")
