"""A handover reaches people: told at once, reminded, tried again, and never lost."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstline import bootstrap
from firstline.domain.conversation import ConversationStatus
from firstline.domain.errors import ConversationTakenOverError
from firstline.domain.identity import Principal, Role
from firstline.services.notify_people import MAX_ATTEMPTS, NoticeReport
from functions.sweep import handler as sweep
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, name="Anna")
ASK = "let me talk to a human, my card is 4111 1111 1111 1111"
SECRET = "sh"  # pragma: allowlist secret
BOTH = {
    "notify_email": "team@help.example, lead@help.example",
    "mail_from": "Support <support@help.example>",
    "notify_webhook_url": "https://hooks.example/x",
    "notify_webhook_secret": SECRET,
    "public_url": "https://support.example/",
}


def handed_over(world: World) -> str:
    conversation = world.open()
    assert world.ask(conversation, ASK)["reply"]["action"] == "hand_over"
    return conversation


def deliver(world: World) -> NoticeReport:
    return world.container.people.notify_people.deliver_due()


def test_a_handover_is_told_by_mail_and_webhook_once(tmp_path: Path) -> None:
    world = World(tmp_path, **BOTH)
    conversation = handed_over(world)
    assert deliver(world) == NoticeReport(delivered=2)
    assert deliver(world) == NoticeReport()
    ((raw, sender, recipients),) = world.post.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    ticket = world.container.conversations.get(conversation).ticket_id
    assert (sender, recipients) == ("Support <support@help.example>", ("team@help.example", "lead@help.example"))
    assert mail["Subject"] == f"Ticket {ticket} waits for a person: let me talk to a human, my card is [card]"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert f"https://support.example/admin/conversations/{conversation}" in body
    assert "> let me talk to a human, my card is [card]" in body
    assert "4111" not in raw.decode()


def test_a_webhook_is_signed_over_its_time_and_body(tmp_path: Path) -> None:
    world = World(tmp_path, **BOTH)
    conversation = handed_over(world)
    deliver(world)
    ((url, body, headers),) = world.post.webhooks
    timestamp, given = (part.partition("=")[2] for part in headers["Firstline-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert (url, given) == ("https://hooks.example/x", expected)
    assert int(timestamp) == int(world.clock.now().timestamp())
    said = json.loads(body)
    assert said["conversation_id"] == conversation
    assert (said["event"], said["reminder"], said["reason"]) == ("handover", 0, "explicit_request")
    assert said["delivery_id"] == headers["Firstline-Delivery"]
    assert b"4111" not in body


def test_people_are_reminded_three_times_and_then_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    handed_over(world)
    subjects = []
    for _ in range(8):
        deliver(world)
        world.clock.forward(15 * 60)
    for raw, _, _ in world.post.mails:
        subjects.append(str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"]).partition(":")[0])
    assert [subject.partition(" ")[0] for subject in subjects] == ["Ticket", "Reminder", "Reminder", "Reminder"]
    ids = [email.message_from_bytes(raw)["Firstline-Delivery"] for raw, _, _ in world.post.mails]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("minutes", [1, 14, 16])
def test_who_takes_it_ends_the_reminders(tmp_path: Path, minutes: int) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    conversation = handed_over(world)
    deliver(world)
    world.clock.forward(minutes * 60)
    world.container.people.own_conversation.take(conversation, ANNA)
    for _ in range(5):
        world.clock.forward(15 * 60)
        assert deliver(world).delivered == 0


def test_a_second_handover_calls_again_and_the_first_ones_reminders_stop(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    conversation = handed_over(world)
    deliver(world)
    world.container.people.own_conversation.take(conversation, ANNA)
    world.container.people.own_conversation.hand_back(conversation, ANNA)
    world.ask(conversation, "I want to talk to a person again")
    assert deliver(world).delivered == 1
    world.clock.forward(16 * 60)
    assert deliver(world).delivered == 1
    assert [email.message_from_bytes(raw)["Subject"].split()[0] for raw, _, _ in world.post.mails] == [
        "Ticket",
        "Ticket",
        "Reminder",
    ]


def test_a_customer_who_writes_while_waiting_calls_nobody_again(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    conversation = handed_over(world)
    deliver(world)
    world.ask(conversation, "a real person, please")
    assert deliver(world).delivered == 0


def test_without_an_address_nothing_is_put_in_line(world: World) -> None:
    handed_over(world)
    assert deliver(world) == NoticeReport()


def test_a_receiver_that_fails_is_tried_later_and_holds_up_no_other_channel(tmp_path: Path) -> None:
    world = World(tmp_path, **BOTH)
    world.post.fails.add("webhook")
    handed_over(world)
    assert deliver(world) == NoticeReport(delivered=1, failed=1)
    assert deliver(world) == NoticeReport()
    world.clock.forward(31)
    assert deliver(world) == NoticeReport(failed=1)
    world.post.fails.clear()
    world.clock.forward(61)
    assert deliver(world) == NoticeReport(delivered=1)


def test_after_its_last_try_a_notice_is_given_up_kept_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, notify_webhook_url="https://hooks.example/x")
    monkeypatch.setattr(bootstrap, "container", lambda: world.container)
    world.post.fails.add("webhook")
    handed_over(world)
    for _ in range(MAX_ATTEMPTS):
        sweep.lambda_handler({}, None)  # type: ignore[arg-type]
        world.clock.forward(3601)
    assert deliver(world) == NoticeReport()
    (given_up,) = [vars(record) for record in caplog.records if record.getMessage() == "notices given up"]
    (notice_id,) = given_up["dead"]
    item = world.ports.table.get(f"OUT#{notice_id}", "META")
    assert item is not None
    assert (item["dead"], item["error"], item["attempts"]) == (True, "the receiver answered 500", MAX_ATTEMPTS)
    assert ASK not in caplog.text


def test_a_channel_that_is_down_is_left_alone_for_the_rest_of_the_round(tmp_path: Path) -> None:
    world = World(tmp_path, notify_webhook_url="https://hooks.example/x")
    world.post.fails.add("webhook")
    for _ in range(5):
        handed_over(world)
    assert deliver(world).failed == 3


def test_a_delivery_that_died_is_made_again_under_the_same_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, notify_webhook_url="https://hooks.example/x")
    handed_over(world)
    with monkeypatch.context() as dying:
        dying.setattr(
            "firstline.repositories.outbox.OutboxRepository.delivered",
            lambda *_, **__: (_ for _ in ()).throw(ConnectionAbortedError("killed")),
        )
        with pytest.raises(ConnectionAbortedError):
            deliver(world)
    assert deliver(world) == NoticeReport()
    world.clock.forward(121)
    assert deliver(world).delivered == 1
    first, second = (json.loads(body)["delivery_id"] for _, body, _ in world.post.webhooks)
    assert first == second


def test_two_sweeps_at_once_deliver_once(tmp_path: Path) -> None:
    world = World(tmp_path, notify_webhook_url="https://hooks.example/x")
    handed_over(world)
    other = World(tmp_path, notify_webhook_url="https://hooks.example/x")
    other.clock.moment = world.clock.moment
    original = world.post.post

    def meanwhile(*args: object, **kwargs: object) -> None:
        assert deliver(other) == NoticeReport()
        original(*args, **kwargs)  # type: ignore[arg-type]

    world.post.post = meanwhile  # type: ignore[method-assign]
    assert deliver(world).delivered == 1
    assert len(world.post.webhooks) == 1


def test_an_item_of_a_newer_schema_is_named_and_holds_up_no_other(tmp_path: Path) -> None:
    world = World(tmp_path, **BOTH)
    handed_over(world)
    poisoned = next(
        item for shard in range(4) for item in world.ports.table.query(f"OUTDUE#{shard}", index="by_due").items
    )
    world.ports.table.update(poisoned["pk"], poisoned["sk"], set={"schema": 99})
    report = deliver(world)
    assert (report.delivered, report.unreadable) == (1, (f"{poisoned['pk']} / META",))


HOURS = {"business_hours": "Mon-Fri 09:00-17:00", "business_time_zone": "Europe/Berlin"}


def test_inside_the_business_hours_a_person_is_promised(tmp_path: Path) -> None:
    world = World(tmp_path, **HOURS)
    conversation = handed_over(world)
    ticket = world.container.conversations.get(conversation).ticket_id
    assert world.sockets.of_type("s0", "reply")[0]["text"].endswith(
        f"A person will join you here. Your ticket is {ticket}."
    )


def test_outside_the_business_hours_a_ticket_is_opened_and_it_is_said_when_somebody_answers(tmp_path: Path) -> None:
    world = World(tmp_path, offline_message="We are asleep.", holidays="2026-06-08", **HOURS)
    world.clock.moment = datetime(2026, 6, 5, 20, tzinfo=UTC)
    conversation = handed_over(world)
    ticket = world.container.conversations.get(conversation).ticket_id
    words = "from Tuesday, 9 June at 09:00 (Europe/Berlin)"
    assert world.sockets.of_type("s0", "reply")[0]["text"].endswith(
        f"We are asleep. Your ticket is {ticket}; somebody will answer here {words}."
    )
    assert world.container.tickets.get(ticket).conversation_id == conversation
    assert words in world.ask(conversation, "a human, now")["reply"]["text"]


def test_nobody_is_reminded_before_the_office_opens(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example", **HOURS)
    world.clock.moment = datetime(2026, 6, 5, 20, tzinfo=UTC)
    handed_over(world)
    assert deliver(world).delivered == 1
    for _ in range(6):
        world.clock.forward(10 * 3600)
        if world.clock.now() < datetime(2026, 6, 8, 7, tzinfo=UTC):
            assert deliver(world).delivered == 0
    world.clock.moment = datetime(2026, 6, 8, 7, 0, 1, tzinfo=UTC)
    assert deliver(world).delivered == 1


def test_a_paused_bot_hands_every_message_over_and_answers_again_when_it_runs(world: World) -> None:
    chief = Principal("chief", Role.ADMIN)
    pause = world.container.people.pause_bot
    before, conversation = world.open(sockets=0), world.open()
    assert world.ask(before, "How do I export timesheets?")["reply"]["action"] == "answer"
    state = pause.set(chief, paused=True, reason="wrong prices in the articles")
    assert pause.set(chief, paused=True, reason="wrong prices in the articles") == state == pause.state()
    reply = world.ask(conversation, "How do I export timesheets?")["reply"]
    assert (reply["action"], reply["reason"]) == ("hand_over", "bot_paused")
    assert reply["text"].startswith("The assistant does not answer at the moment")
    assert world.container.conversations.get(conversation).status is ConversationStatus.WAITING_FOR_PERSON
    pause.set(chief, paused=False, reason="")
    assert world.ask(before, "How do I export timesheets?")["reply"]["action"] == "answer"
    entries = [
        item["action"]
        for shard in range(4)
        for item in world.ports.table.query(f"AUDIT#{world.clock.now():%Y-%m-%d}#{shard}", consistent=True).items
    ]
    assert sorted(entries) == ["bot_paused", "bot_resumed"]


def test_the_visitor_is_told_what_the_company_says_of_its_assistant(tmp_path: Path) -> None:
    world = World(tmp_path, assistant_notice="You talk to a machine.")
    conversation = world.open()
    assert world.container.conversations.events(conversation)[0].text == "You talk to a machine."


def test_an_expired_reminder_of_an_erased_conversation_is_dropped(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    conversation = handed_over(world)
    world.ports.table.delete(f"CONV#{conversation}", "META")
    assert deliver(world) == NoticeReport()
    world.clock.forward(timedelta(days=1).total_seconds())
    assert deliver(world) == NoticeReport()
    assert not [item for shard in range(4) for item in world.ports.table.query(f"OUTDUE#{shard}", index="by_due").items]


def test_a_takeover_during_the_handover_leaves_no_notice(tmp_path: Path) -> None:
    world = World(tmp_path, notify_email="team@help.example")
    conversation = world.open()
    accepted = world.say(conversation, ASK)
    document = world.run(conversation, accepted, until="RetrieveKnowledge")
    world.container.people.own_conversation.take(conversation, ANNA)
    with pytest.raises(ConversationTakenOverError):
        world.node("GenerateResponse", document, f"e-{accepted.turn_id}")
    assert deliver(world) == NoticeReport()
