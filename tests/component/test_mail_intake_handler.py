"""The intake function, fed with messages as SQS, S3, SES and SNS send them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline import bootstrap
from firstline.domain.errors import StoreUnavailableError
from functions.email_intake.handler import lambda_handler
from tests.component.received import OURS, mail, words
from tests.component.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, support_address=OURS)
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    return world


def call(event: dict[str, Any]) -> dict[str, Any]:
    return lambda_handler(event, None)  # type: ignore[arg-type]


def written(world: World, key: str, raw: bytes) -> dict[str, Any]:
    """Write a mail and return the notification of it."""
    assert world.ports.received_mail is not None
    world.ports.received_mail.write(key, raw)
    return s3(key)


def s3(*keys: str) -> dict[str, Any]:
    quoted = [key.replace("+", "%2B").replace(" ", "+") for key in keys]
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "mail"}, "object": {"key": key}},
            }
            for key in quoted
        ]
    }


def queued(*bodies: object) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{number:012d}",
                "receiptHandle": "r",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:mail",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, Any]) -> list[int]:
    return [int(one["itemIdentifier"][-12:]) for one in answer["batchItemFailures"]]


def test_a_queued_notification_of_a_mail_has_it_answered_whatever_its_key(world: World) -> None:
    event = queued(written(world, "incoming/o 1+2.eml", mail()))
    assert failed(call(event)) == []
    assert failed(call(event)) == []
    ((_, document),) = world.engine.started
    assert words(world, document["conversation_id"]) == ["customer: How do I reset my password?"]


def test_called_with_the_notification_itself_it_tells_what_became_of_the_mail(world: World) -> None:
    (received,) = call(written(world, "incoming/1.eml", mail()))["mails"]
    json.dumps(received)
    assert (received["outcome"], received["verdict"], received["duplicate"]) == ("answering", "answer", False)
    (again,) = call(s3("incoming/1.eml"))["mails"]
    assert (again["duplicate"], again["mail_id"]) == (True, received["mail_id"])


def test_messages_that_are_none_are_dropped_and_hold_up_no_mail(world: World) -> None:
    good = written(world, "incoming/1.eml", mail())
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "mail"}
    bodies = ["no json", "[]", '"text"', {}, {"Records": "x"}, {"Records": [{"s3": {}}]}, test_event]
    notification = {"Type": "Notification", "Message": "no json"}
    assert failed(call(queued(*bodies, notification, s3("incoming/gone.eml"), good))) == []
    assert len(world.engine.started) == 1


def test_objects_that_are_no_mail_are_left_alone(world: World) -> None:
    written(world, "incoming/AMAZON_SES_SETUP_NOTIFICATION", b"From: SES\n\nset up")
    written(world, "kept/2026-06-01/none/x.eml", mail())
    event = s3("incoming/AMAZON_SES_SETUP_NOTIFICATION", "kept/2026-06-01/none/x.eml")
    assert call(event) == {"mails": []}


def test_only_what_failed_for_now_is_delivered_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store = world.ports.received_mail
    assert store is not None
    events = [written(world, f"incoming/{n}.eml", mail(f"Question {n}?", message_id=f"m{n}@x.example")) for n in "ab"]
    read = store.read

    def refuse_one(key: str) -> bytes:
        if key == "incoming/a.eml":
            raise StoreUnavailableError("refused by the test")
        return read(key)

    monkeypatch.setattr(store, "read", refuse_one)
    assert failed(call(queued(*events))) == [0]
    monkeypatch.setattr(store, "read", read)
    assert failed(call(queued(events[0]))) == []
    assert len(world.engine.started) == 2


def test_of_one_notification_of_two_mails_a_failing_one_keeps_the_other_from_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = world.ports.received_mail
    assert store is not None
    written(world, "incoming/b.eml", mail())
    read = store.read

    def refuse_one(key: str) -> bytes:
        if key == "incoming/a.eml":
            raise StoreUnavailableError("refused by the test")
        return read(key)

    monkeypatch.setattr(store, "read", refuse_one)
    assert failed(call(queued(s3("incoming/a.eml", "incoming/b.eml")))) == [0]
    assert len(world.engine.started) == 1


def test_the_words_of_a_mail_are_in_no_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call(written(world, "incoming/1.eml", mail("My secret is 1234.", subject="Top secret")))
    logged = capsys.readouterr()
    assert "ecret" not in logged.out + logged.err
    assert "ada@home.example" not in logged.out + logged.err
