"""What a visitor may ask for beside answers: a form first, mail, a place in line, ratings that follow them."""

from __future__ import annotations

import email
import email.policy
import hashlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.domain.contact import checked_email
from firstline.domain.identity import Principal, Role
from firstline.domain.sites import SiteContent
from firstline.services.mail_customer import MAX_TRANSCRIPTS, READ_WITHIN
from firstline.services.notify_people import MAX_ATTEMPTS
from firstline.services.send_mails import MailReport
from firstline.web.app import create_app
from tests.component.rest import bearer, open_session, problem_of
from tests.component.test_access import socket_token
from tests.component.test_client_frames import send
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, name="Anna")
ADDRESS = "zoe@example.com"
CONSENT = "We keep what you write for 90 days."
MAIL = {"mail_from": "Help <bot@help.example>"}
FORM = {"name": "required", "email": "optional", "consent": CONSENT, "privacy_url": "https://help.example/privacy"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, **MAIL)
    monkeypatch.setattr("firstline.bootstrap.container", lambda: world.container)
    return world


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


def place(opened: dict[str, Any]) -> str:
    return f"/chat/sessions/{opened['session_id']}"


def deliver(world: World, *, after_s: float = 0) -> MailReport:
    world.clock.forward(after_s)
    return world.container.visitors.mail_customer.deliver_due()


def mails(world: World) -> list[EmailMessage]:
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw, _, _ in world.post.mails]  # type: ignore[misc]


def body_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def with_form(world: World, **form: str) -> None:
    world.container.sites.create("shop", SiteContent.model_validate({"prechat": form or FORM}))


def test_a_site_says_what_it_asks_first_and_one_that_asks_nothing_says_nothing(world: World, http: TestClient) -> None:
    with_form(world)
    world.container.sites.create("plain", SiteContent.model_validate({"prechat": {"privacy_url": "https://x.example"}}))
    assert http.get("/sites/shop").json()["prechat"] == FORM
    assert http.get("/sites/plain").json()["prechat"] is None
    assert http.get("/sites/default").json()["prechat"] is None


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        (None, "name, consent"),
        ({}, "name, consent"),
        ({"name": "  ", "consent": True}, "name"),
        ({"name": "Zoe", "email": ADDRESS}, "consent"),
    ],
)
def test_what_a_site_requires_is_asked_for_by_name(
    world: World, http: TestClient, answers: dict[str, Any] | None, missing: str
) -> None:
    with_form(world)
    refused = http.post(
        "/chat/sessions", json={"site": "shop", **({"prechat": answers} if answers is not None else {})}
    )
    problem = problem_of(refused)
    assert (refused.status_code, problem["type"]) == (422, "urn:firstline:problem:prechat_required")
    assert problem["detail"].endswith(f": {missing}")


def test_an_address_that_is_none_is_required_like_one_that_is_missing(world: World, http: TestClient) -> None:
    with_form(world, email="required")
    for wrong in ("", "zoe", "zoe@", "zoe@localhost", "zoe@example.com\nBcc: x@example.com", "a b@example.com"):
        refused = http.post("/chat/sessions", json={"site": "shop", "prechat": {"email": wrong}})
        assert refused.status_code == 422
    assert open_session(http, site="shop", prechat={"email": ADDRESS})


def test_what_was_answered_is_kept_with_the_conversation_and_the_text_agreed_to_by_its_hash(
    world: World, http: TestClient
) -> None:
    with_form(world)
    opened = open_session(http, site="shop", prechat={"name": "Zoe", "email": ADDRESS, "consent": True})
    contact = world.container.conversations.get(opened["thread_id"]).contact
    assert (contact.name, contact.email, contact.consent_at) == ("Zoe", ADDRESS, world.clock.now())
    assert contact.consent_sha256 == hashlib.sha256(CONSENT.encode()).hexdigest()


def test_what_a_site_does_not_ask_for_is_not_kept(world: World, http: TestClient) -> None:
    opened = open_session(http, prechat={"name": "Zoe", "email": ADDRESS, "consent": True})
    contact = world.container.conversations.get(opened["thread_id"]).contact
    assert (contact.name, contact.email, contact.consent_at) == ("", "", None)


def test_whom_the_company_vouches_for_needs_no_form(world: World, http: TestClient) -> None:
    with_form(world)
    world.container.identity.manage_users.add("agent", "correct horse battery", Role.AGENT)
    token = world.container.identity.sign_in.sign_in("agent", "correct horse battery").token
    opened = http.post("/chat/sessions", json={"site": "shop", "user_id": "u1"}, headers=bearer(token))
    assert opened.status_code == 201


def test_who_gave_a_name_is_greeted_by_it_unless_they_say_another(world: World, http: TestClient) -> None:
    with_form(world, name="optional")
    opened = open_session(http, site="shop", prechat={"name": "Zoe"})
    assert "Zoe" in world.ask(opened["thread_id"], "Hello!")["reply"]["text"]
    world.ask(opened["thread_id"], "My name is Oberon. How do I export timesheets?")
    assert "Oberon" in world.ask(opened["thread_id"], "Hello!")["reply"]["text"]
    odd = open_session(http, site="shop", prechat={"name": "<b>1</b>"})
    assert "<b>" not in world.ask(odd["thread_id"], "Hello!")["reply"]["text"]


@pytest.mark.parametrize(("given", "kept"), [("de-AT", "de"), ("EN", "en"), ("xx", ""), ("", "")])
def test_the_language_that_a_visitor_reads_in_is_kept_where_we_speak_it(
    world: World, http: TestClient, given: str, kept: str
) -> None:
    opened = open_session(http, language=given)
    assert world.container.conversations.get(opened["thread_id"]).language == kept


def test_a_language_that_is_none_is_refused(http: TestClient) -> None:
    assert http.post("/chat/sessions", json={"language": "../etc"}).status_code == 422


def test_a_transcript_goes_by_mail_with_all_that_was_said(world: World, http: TestClient) -> None:
    opened = open_session(http)
    answered = world.ask(opened["thread_id"], "How do I reset my password? Größe 🙂")
    sent = http.post(f"{place(opened)}/transcript", json={"email": ADDRESS}, headers=bearer(opened["token"]))
    assert (sent.status_code, sent.content) == (204, b"")
    assert deliver(world) == MailReport(delivered=1)
    (message,) = mails(world)
    assert (message["To"], message["From"]) == (ADDRESS, MAIL["mail_from"])
    said = body_of(message)
    assert "How do I reset my password? Größe 🙂" in said
    assert answered["reply"]["text"].splitlines()[0] in said
    assert deliver(world) == MailReport()


def test_sent_again_under_its_key_a_transcript_goes_once(world: World, http: TestClient) -> None:
    opened = open_session(http)
    headers = {**bearer(opened["token"]), "Idempotency-Key": "k1"}
    for _ in range(2):
        assert http.post(f"{place(opened)}/transcript", json={"email": ADDRESS}, headers=headers).status_code == 204
    assert deliver(world).delivered == 1


def test_a_conversation_is_mailed_a_few_times_and_an_address_now_and_then(world: World, http: TestClient) -> None:
    opened = open_session(http)
    ask = {"url": f"{place(opened)}/transcript", "headers": bearer(opened["token"])}
    statuses = []
    for _ in range(MAX_TRANSCRIPTS + 1):
        world.clock.forward(60)
        statuses.append(http.post(json={"email": ADDRESS}, **ask).status_code)
    assert statuses == [204] * MAX_TRANSCRIPTS + [429]
    others = [open_session(http) for _ in range(6)]
    world.clock.forward(600)
    at_once = [
        http.post(f"{place(other)}/transcript", json={"email": ADDRESS}, headers=bearer(other["token"])).status_code
        for other in others
    ]
    assert at_once == [204, 204, 204, 429, 429, 429]


def test_without_mail_a_transcript_is_refused_by_name(tmp_path: Path) -> None:
    world = World(tmp_path)
    http = TestClient(create_app(world.container))
    opened = open_session(http)
    refused = http.post(f"{place(opened)}/transcript", json={"email": ADDRESS}, headers=bearer(opened["token"]))
    assert (refused.status_code, problem_of(refused)["type"]) == (409, "urn:firstline:problem:mail_unavailable")
    assert http.get("/sites/default").json()["can_mail"] is False


def test_a_mail_server_that_is_down_is_tried_again_with_the_same_id_and_at_last_given_up(
    world: World, http: TestClient
) -> None:
    opened = open_session(http)
    world.post.fails.add("mail")
    http.post(f"{place(opened)}/transcript", json={"email": ADDRESS}, headers=bearer(opened["token"]))
    assert deliver(world) == MailReport(failed=1)
    assert deliver(world) == MailReport()
    world.post.fails.clear()
    assert deliver(world, after_s=31) == MailReport(delivered=1)
    world.post.fails.add("mail")
    http.post(f"{place(opened)}/transcript", json={"email": ADDRESS}, headers=bearer(opened["token"]))
    reports = [deliver(world, after_s=3601) for _ in range(MAX_ATTEMPTS + 1)]
    assert [bool(report.dead) for report in reports] == [False] * (MAX_ATTEMPTS - 1) + [True, False]
    assert reports[-1] == MailReport()


def test_people_see_the_address_that_was_left_and_a_later_one_takes_its_place(world: World, http: TestClient) -> None:
    opened = open_session(http)
    for address in ("first@example.com", ADDRESS):
        left = http.put(f"{place(opened)}/contact", json={"email": address}, headers=bearer(opened["token"]))
        assert left.json() == {"email": address, "can_mail": True}
    world.container.identity.manage_users.add("agent", "correct horse battery", Role.AGENT)
    token = world.container.identity.sign_in.sign_in("agent", "correct horse battery").token
    shown = http.get(f"/admin/conversations/{opened['thread_id']}", headers=bearer(token)).json()
    assert shown["contact"]["email"] == ADDRESS


def answered_by_person(world: World, opened: dict[str, Any], message_id: str = "a1") -> None:
    people = world.container.people
    people.own_conversation.take(opened["thread_id"], ANNA)
    people.answer_as_person.say(opened["thread_id"], ANNA, message_id, "Your parcel is in Graz.")


def leave_address(http: TestClient, opened: dict[str, Any]) -> None:
    http.put(f"{place(opened)}/contact", json={"email": ADDRESS}, headers=bearer(opened["token"]))


def test_a_persons_answer_goes_by_mail_where_no_window_is_open(world: World, http: TestClient) -> None:
    opened = open_session(http, language="de")
    world.ask(opened["thread_id"], "I want to talk to a person.")
    leave_address(http, opened)
    answered_by_person(world, opened)
    world.container.people.answer_as_person.say(opened["thread_id"], ANNA, "a1", "Your parcel is in Graz.")
    assert deliver(world) == MailReport()
    assert deliver(world, after_s=READ_WITHIN.total_seconds()).delivered == 1
    (message,) = mails(world)
    assert message["To"] == ADDRESS
    assert "Anna:\nYour parcel is in Graz." in body_of(message)
    assert "I want to talk" not in body_of(message)


def test_a_persons_answer_is_mailed_once_and_a_handover_is_told_in_the_chat_alone(
    world: World, http: TestClient
) -> None:
    opened, deliver_events = open_session(http), world.container.ticketing.deliver_events
    leave_address(http, opened)
    world.ask(opened["thread_id"], "I want to talk to a person.")
    ticket_id = world.container.conversations.get(opened["thread_id"]).ticket_id
    assert world.container.tickets.get(ticket_id).email == ADDRESS
    assert deliver_events.deliver_due().delivered == 0
    answered_by_person(world, opened)
    assert deliver_events.deliver_due().delivered == 0
    assert deliver(world, after_s=READ_WITHIN.total_seconds()).delivered == 1
    (message,) = mails(world)
    assert "Your parcel is in Graz." in body_of(message)


def test_who_is_there_gets_no_mail_and_neither_does_who_left_no_address(world: World, http: TestClient) -> None:
    here, unnamed = open_session(http), open_session(http)
    world.container.connect_socket.connect("here", here["session_id"], socket_token(here))
    leave_address(http, here)
    for opened in (here, unnamed):
        answered_by_person(world, opened)
    assert deliver(world, after_s=60) == MailReport()
    assert mails(world) == []


def test_a_window_that_is_gone_without_a_word_does_not_keep_the_mail_back(world: World, http: TestClient) -> None:
    opened = open_session(http)
    world.container.connect_socket.connect("gone", opened["session_id"], socket_token(opened))
    leave_address(http, opened)
    world.clock.forward(60)
    world.sockets.dead.add("gone")
    answered_by_person(world, opened)
    assert deliver(world, after_s=60).delivered == 1


def test_who_waits_is_told_how_many_wait_before_them(world: World, http: TestClient) -> None:
    waiting = [open_session(http) for _ in range(3)]
    for number, opened in enumerate(waiting):
        world.container.connect_socket.connect(f"w{number}", opened["session_id"], socket_token(opened))
        world.ask(opened["thread_id"], "I want to talk to a person.")
        (reply,) = world.sockets.of_type(f"w{number}", "reply")
        assert reply["waiting"] == number
    world.container.people.own_conversation.take(waiting[0]["thread_id"], ANNA)
    (connected, _) = send(world, "w2", {"action": "ping"})
    assert connected["waiting"] == 1
    (taken, _) = send(world, "w0", {"action": "ping"})
    assert "waiting" not in taken


def test_an_answer_that_hands_nothing_over_tells_no_place(world: World, http: TestClient) -> None:
    opened = open_session(http)
    world.container.connect_socket.connect("w", opened["session_id"], socket_token(opened))
    world.ask(opened["thread_id"], "How do I export timesheets?")
    (reply,) = world.sockets.of_type("w", "reply")
    assert "waiting" not in reply


def test_ratings_follow_the_visitor_to_another_device_and_count_once(world: World, http: TestClient) -> None:
    opened = open_session(http)
    seq = world.ask(opened["thread_id"], "How do I export timesheets?")["reply"]["seq"]
    for number in range(2):
        token = world.container.open_session.socket_token(
            world.container.identity.session_tokens.authorize(None, opened["token"])
        )
        world.container.connect_socket.connect(f"d{number}", opened["session_id"], token)
    send(world, "d0", {"action": "rate", "seq": seq, "thumb": "up"})
    send(world, "d0", {"action": "rate", "seq": seq, "thumb": "down", "reason": "wrong"})
    send(world, "d0", {"action": "rate", "seq": 0, "score": 4, "reason": "Quick"})
    now = {"type": "rated", "seq": seq, "score": 1, "reason": "wrong"}
    overall = {"type": "rated", "seq": 0, "score": 4, "reason": "Quick"}
    assert world.sockets.of_type("d1", "rated")[-2:] == [now, overall]
    resumed = send(world, "d1", {"action": "resume", "after_seq": seq})
    assert [frame for frame in resumed if frame["type"] == "rated"] == [overall, now]
    assert resumed[-1]["type"] == "resumed"
    ratings = world.container.ratings.of_conversation(opened["thread_id"])
    assert [(rating.seq, rating.score) for rating in ratings] == [(0, 4), (seq, 1)]


def test_a_conversation_has_no_thumb(world: World, http: TestClient) -> None:
    opened = open_session(http)
    world.container.connect_socket.connect("d", opened["session_id"], socket_token(opened))
    *_, error = send(world, "d", {"action": "rate", "seq": 0, "thumb": "up"})
    assert error["code"] == "invalid_frame"


@pytest.mark.parametrize(
    "wrong",
    ["", "@example.com", "a@b", "a@b.1", "a..b@example.com", ".a@example.com", "a@-x.example", "a@ex_ample.com",
     "a,b@example.com", "Zoe <zoe@example.com>", "zoe@example.com\r\nBcc: b@example.com", f"{'a' * 65}@example.com",
     f"a@{'b' * 64}.example", f"a@{'b.' * 130}example"],
)  # fmt: skip
def test_only_what_mail_can_be_sent_to_is_an_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        checked_email(wrong)
    assert checked_email("  o'Brien+x@mail.example.co.uk ") == "o'Brien+x@mail.example.co.uk"
