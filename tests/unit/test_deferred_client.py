"""A client that is made when it is first used, and then once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from firstline.adapters.aws.deferred_client import DeferredClient


class Client:
    def __init__(self, made: list["Client"]) -> None:
        made.append(self)

    def get_item(self, key: str) -> str:
        return f"item {key}"


def test_nothing_is_made_until_something_is_asked():
    made: list[Client] = []
    client = DeferredClient(lambda: Client(made))
    assert made == []
    assert client.get_item("a") == "item a"
    assert client.get_item("b") == "item b"
    assert len(made) == 1


def test_threads_that_ask_at_once_share_one_client():
    made: list[Client] = []
    together = threading.Barrier(4)
    client = DeferredClient(lambda: Client(made))

    def ask(number: int) -> str:
        together.wait()
        return str(client.get_item(str(number)))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [f"item {number}" for number in range(4)]
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again():
    answers = iter([ConnectionError("no address"), Client([])])

    def make() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = DeferredClient(make)
    with pytest.raises(ConnectionError):
        client.get_item("a")
    assert client.get_item("a") == "item a"
