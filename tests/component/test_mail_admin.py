"""People read mails, merge threads and split them, over REST."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.faulty_table import FaultyTable, never, nth_write
from firstline.container import assemble
from firstline.domain.conversation import BOT, ConversationStatus
from firstline.domain.errors import ConditionFailedError, ConflictError, StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.routes import ThreadMovedError
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.ticket import TicketStatus
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.mail_people import MailPeople
from firstline.repositories import keys
from firstline.repositories.suppressions import SuppressionRepository
from firstline.services.accept_message import turn_document
from firstline.web.app import create_app
from tests.component.mail_threads import OURS, MailThreads, raw_mail
from tests.component.rest import bearer, problem_of
from tests.component.world import World

PASSWORD = "correct horse battery"  # pragma: allowlist secret
ADA, BOB = "ada@customers.example", "bob@elsewhere.example"
PERSON = Principal("anna", Role.AGENT, "Anna")


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container))


@pytest.fixture
def anna(world: World) -> dict[str, str]:
    return person(world, "anna")


@pytest.fixture
def mails(world: World) -> MailThreads:
    return MailThreads(world.container)


def person(world: World, name: str, role: Role = Role.AGENT) -> dict[str, str]:
    world.container.identity.manage_users.add(name, PASSWORD, role, name=name.title())
    return bearer(world.container.identity.sign_in.sign_in(name, PASSWORD).token)


def path(conversation_id: str, rest: str = "") -> str:
    return f"/admin/conversations/{conversation_id}{rest}"


def texts(answer: Any) -> list[str]:
    return [entry["text"] for entry in answer.json()["entries"]]


def failing(world: World, fails: str, number: int) -> MailPeople:
    """Return the same over a store of which one write fails, before it has done its work or after."""
    table = FaultyTable(
        world.ports.table,
        rng=random.Random(1),
        fail_before=nth_write(number) if fails == "before" else never,
        fail_after=nth_write(number) if fails == "after" else never,
    )
    return assemble(world.container.settings, replace(world.ports, table=table)).mail_people


def audited(world: World) -> list[dict[str, Any]]:
    now = world.clock.now()
    pages = [world.ports.table.query(keys.audit(now, shard)) for shard in range(keys.N_AUDIT_SHARDS)]
    return [item for page in pages for item in page.items]


def ticket_for(world: World, conversation_id: str, subject: str) -> str:
    """Give a conversation an open ticket of people's."""
    new = NewTicket(subject=subject, conversation_id=conversation_id)
    ticket, operations = world.container.ticketing.manage.creating(new, by=TicketParty.person("anna"))
    world.ports.table.transact(operations)
    seen = world.container.conversations.get(conversation_id)
    world.ports.table.update(keys.conversation(conversation_id), keys.META, set={"ticket_id": ticket.ticket_id})
    assert seen.ticket_id == ""
    return ticket.ticket_id


def test_the_mails_of_a_conversation_are_listed_and_read_in_full(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    first = mails.write(thread, ADA, "Where is my parcel?")
    mails.write(thread, ADA, "It has come.")
    listed = http.get(path(thread, "/mails"), headers=anna).json()["mails"]
    assert [(one["sender"], one["verdict"], one["reason"], one["seq"]) for one in listed] == [
        (ADA, "answer", "ordinary", 1),
        (ADA, "answer", "ordinary", 2),
    ]
    full = http.get(path(thread, f"/mails/{first.mail_id}"), headers=anna).json()
    assert full["reply"] == "Where is my parcel?"
    assert "Hello, what can we do for you?" in full["text"]
    assert "Hello, what can we do for you?" in full["left_out"]
    assert {"name": "subject", "value": "About my order"} in full["headers"]


def test_the_raw_mail_is_only_ever_downloaded(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    mail = mails.write(thread, ADA, "Hello", html="<script>owned()</script>")
    raw = http.get(path(thread, f"/mails/{mail.mail_id}/raw"), headers=anna)
    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.headers["content-disposition"].startswith("attachment;")
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert raw.headers["content-security-policy"].startswith("sandbox;")
    assert world.ports.received_mail is not None
    assert raw.content == world.ports.received_mail.read(mail.object_key)


def test_a_mail_of_another_conversation_is_not_found(
    http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    own, other = mails.begin(ADA, "One"), mails.begin(BOB, "Two")
    mail = mails.write(other, BOB, "My secret number is 4711")
    for rest in ("", "/html", "/raw"):
        refused = http.get(path(own, f"/mails/{mail.mail_id}{rest}"), headers=anna)
        assert problem_of(refused)["status"] == 404
        assert "4711" not in refused.text
    assert problem_of(http.get(path("nowhere", "/mails"), headers=anna))["status"] == 404
    assert problem_of(http.get(path(own, "/mails/a%20b"), headers=anna))["status"] == 404


def test_a_mail_whose_raw_bytes_are_gone_is_listed_and_not_found(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    mail = mails.write(thread, ADA, "Hello")
    assert world.ports.received_mail is not None
    world.ports.received_mail.delete(mail.object_key)
    assert len(http.get(path(thread, "/mails"), headers=anna).json()["mails"]) == 1
    assert problem_of(http.get(path(thread, f"/mails/{mail.mail_id}"), headers=anna))["status"] == 404


def test_the_thread_tells_who_said_what_to_whom_in_order_and_in_parts(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    mails.write(thread, ADA, "Where is my parcel?")
    world.container.people.own_conversation.take(thread, PERSON)
    world.clock.forward(5)
    world.container.people.answer_as_person.say(thread, PERSON, "a1", "It is on its way.")
    mails.write(thread, ADA, "Thank you.")
    whole = http.get(path(thread, "/thread"), headers=anna)
    assert [(entry["direction"], entry["sender"]) for entry in whole.json()["entries"]] == [
        ("in", ADA),
        ("note", ""),
        ("out", OURS),
        ("in", ADA),
    ]
    # Without SUPPORT_ADDRESS no mail leaves.
    assert (whole.json()["entries"][2]["to"], whole.json()["entries"][2]["sent"]) == ([], "unsent")
    parts = list[str]()
    after: str | None = ""
    while after is not None:
        part = http.get(path(thread, "/thread"), headers=anna, params={"limit": 1, "after": after})
        parts += texts(part)
        after = part.json()["next_after"]
    assert parts == texts(whole)


def test_a_ticket_shows_its_whole_thread(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    mails.write(thread, ADA, "Where is my parcel?")
    ticket = ticket_for(world, thread, "Order 17")
    shown = http.get(f"/api/v1/tickets/{ticket}/thread", headers=anna)
    assert texts(shown) == ["Where is my parcel?"]
    chat = ticket_for(world, world.open(), "A chat")
    assert problem_of(http.get(f"/api/v1/tickets/{chat}/thread", headers=anna))["status"] == 404


def test_later_mails_of_a_merged_thread_go_to_the_other_where_both_are_read(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "Order 17"), mails.begin(ADA, "My parcel")
    first = mails.write(source, ADA, "Where is order 17?")
    mails.write(target, ADA, "Where is my parcel?")
    merged = http.post(path(source, "/merge"), headers=anna, json={"into": target})
    assert (merged.status_code, merged.json()["conversation_id"]) == (200, target)
    assert merged.json()["status"] == "waiting_for_person"
    later = mails.write(source, ADA, "Any news?", references=(first.message_id,))
    assert later.conversation_id == target
    closed = world.container.conversations.get(source)
    assert (closed.status, closed.owner) == (ConversationStatus.CLOSED, BOT)
    said = [text for text in texts(http.get(path(target, "/thread"), headers=anna)) if "onversation" not in text]
    assert said == ["Where is order 17?", "Where is my parcel?", "Any news?"]
    listed = http.get(path(target, "/mails"), headers=anna).json()["mails"]
    assert [one["conversation_id"] for one in listed] == [source, target, target]
    pointer = http.get(path(source, "/thread"), headers=anna).json()
    assert (pointer["merged_into"], pointer["entries"][-1]["detail"]["action"]) == (target, "merged_into")
    (entry,) = [entry for entry in audited(world) if entry["action"] == "conversation_merged"]
    assert (entry["of"], entry["by"], json.loads(entry["detail"])["into"]) == (source, "anna", target)


def test_an_unanswered_question_of_the_source_is_no_longer_the_bots_to_answer_there(
    world: World, mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(source, ADA, "How do I reset a forgotten password?")
    turn = world.container.turns.get(source, world.container.conversations.get(source).last_turn)
    world.container.mail_people.join.merge(source, target, PERSON)
    assert world.container.turns.get(source, turn.turn_id).finished
    assert [found.conversation_id for found in world.container.people.ownership.queue("", limit=9, cursor=None)
            .conversations] == [target]  # fmt: skip


def test_of_two_open_tickets_the_sources_is_closed_with_a_link(world: World, mails: MailThreads) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    ours, theirs = ticket_for(world, source, "One"), ticket_for(world, target, "Two")
    world.container.mail_people.join.merge(source, target, PERSON)
    assert world.container.tickets.get(ours).status is TicketStatus.CLOSED
    assert world.container.tickets.get(theirs).status is TicketStatus.OPEN
    assert any(theirs in event.note and event.internal for event in world.container.tickets.events(ours))
    assert any(ours in event.note and event.internal for event in world.container.tickets.events(theirs))


def test_the_only_open_ticket_becomes_the_targets(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(target, ADA, "Hello")
    ticket = ticket_for(world, source, "One")
    world.container.mail_people.join.merge(source, target, PERSON)
    assert world.container.conversations.get(target).ticket_id == ticket
    assert world.container.tickets.get(ticket).status is TicketStatus.OPEN
    assert "Hello" in texts(http.get(f"/api/v1/tickets/{ticket}/thread", headers=anna))
    world.container.mail_people.join.unmerge(source, PERSON)
    assert world.container.conversations.get(target).ticket_id == ""
    assert world.container.tickets.get(ticket).told_in == ""


def test_threads_of_different_customers_join_only_where_a_person_confirms_it(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(BOB, "One"), mails.begin(ADA, "Two")
    refused = http.post(path(source, "/merge"), headers=anna, json={"into": target})
    assert problem_of(refused)["type"] == "urn:firstline:problem:different_customers"
    assert refused.status_code == 409
    assert mails.threads.get(target).participants == {ADA}
    assert world.container.conversations.get(source).status is ConversationStatus.OPEN
    agreed = http.post(path(source, "/merge"), headers=anna, json={"into": target, "customers_join": True})
    assert agreed.status_code == 200
    joined = mails.threads.get(target)
    assert (set(joined.participants), joined.cc, joined.customer.address) == ({ADA, BOB}, (BOB,), ADA)
    undone = http.delete(path(source, "/merge"), headers=anna)
    assert (undone.status_code, undone.json()["status"]) == (200, "open")
    alone = mails.threads.get(target)
    assert (set(alone.participants), alone.cc) == ({ADA}, ())


def test_undoing_a_merging_keeps_both_threads_and_what_came_meanwhile(world: World, mails: MailThreads) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    join = world.container.mail_people.join
    join.merge(source, target, PERSON)
    meanwhile = mails.write(source, ADA, "Meanwhile")
    assert join.unmerge(source, PERSON).conversation_id == source
    assert join.unmerge(source, PERSON).status is ConversationStatus.OPEN
    assert meanwhile.conversation_id == target
    assert mails.write(source, ADA, "Afterwards").conversation_id == source
    assert join.merge(source, target, PERSON).conversation_id == target


def test_no_merging_leads_in_a_circle_or_nowhere(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    one, two, three = (mails.begin(ADA, name) for name in ("One", "Two", "Three"))
    assert http.post(path(one, "/merge"), headers=anna, json={"into": two}).status_code == 200
    for source, into, status in (
        (two, one, 409),
        (one, three, 409),
        (three, one, 409),
        (three, three, 400),
        (three, "nowhere", 404),
        ("nowhere", three, 404),
        (three, world.open(), 400),
        (world.open(), three, 400),
    ):
        answer = http.post(path(source, "/merge"), headers=anna, json={"into": into})
        assert problem_of(answer)["status"] == status, (source, into)
    assert http.post(path(two, "/merge"), headers=anna, json={"into": three}).status_code == 200
    assert mails.write(one, ADA, "Still here?").conversation_id == three


def test_a_merging_sent_again_is_done_once(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    keyed = {**anna, "Idempotency-Key": "8f14e45f-ceea-467f-a9f0-2f6d0b2c1a11"}
    first, again, unkeyed = (
        http.post(path(source, "/merge"), headers=headers, json={"into": target}) for headers in (keyed, keyed, anna)
    )
    assert first.json() == again.json() == unkeyed.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len([entry for entry in audited(world) if entry["action"] == "conversation_merged"]) == 1
    assert len(world.container.conversations.events(target)) == 1


def test_a_colleagues_conversation_is_not_rearranged_and_neither_is_a_changed_one(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(source, ADA, "Hello")
    mails.write(source, ADA, "Another")
    world.container.people.own_conversation.take(source, Principal("ben", Role.AGENT, "Ben"))
    for rest, body in (("/merge", {"into": target}), ("/split", {"from_seq": 2})):
        refused = problem_of(http.post(path(source, rest), headers=anna, json=body))
        assert (refused["status"], refused["owner_name"]) == (409, "Ben")
    chief = person(world, "chief", Role.ADMIN)
    stale = http.post(path(source, "/merge"), headers={**chief, "If-Match": '"1"'}, json={"into": target})
    assert problem_of(stale)["version"] == 2
    fresh = http.post(path(source, "/merge"), headers={**chief, "If-Match": '"2"'}, json={"into": target})
    assert fresh.status_code == 200


def test_of_two_mergings_at_once_against_each_other_one_wins(world: World, mails: MailThreads) -> None:
    for _ in range(5):
        one, two = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
        outcomes: list[str] = []

        def merge(source: str, into: str, outcomes: list[str] = outcomes) -> None:
            try:
                world.container.mail_people.join.merge(source, into, PERSON)
            except ConflictError as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("merged")

        both = [threading.Thread(target=merge, args=pair) for pair in ((one, two), (two, one))]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sorted(outcomes) == ["ThreadMergedError", "merged"]
        assert len({mails.write(start, ADA, "Where?").conversation_id for start in (one, two)}) == 1


def test_a_mail_that_comes_while_its_thread_is_merged_is_sent_on_and_never_left_behind(
    world: World, mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    routes = world.container.mail_people.routes
    before = routes.stays(source)
    world.container.mail_people.join.merge(source, target, PERSON)
    with pytest.raises(ThreadMovedError):
        routes.stays(source)
    # The check that was made before the merging fails in the mail's own transaction.
    with pytest.raises(ConditionFailedError):
        world.ports.table.transact(before)


def test_from_the_cut_on_a_split_thread_is_another(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    first = mails.write(thread, ADA, "Where is my parcel?")
    world.container.people.own_conversation.take(thread, PERSON)
    world.container.people.answer_as_person.say(thread, PERSON, "a1", "On its way.")
    second = mails.write(thread, BOB, "I am Bob, and I want a refund.")
    answer = http.post(path(thread, "/split"), headers=anna, json={"from_seq": second.seq})
    new = answer.json()["conversation_id"]
    assert (answer.status_code, answer.json()["owner"], answer.json()["unanswered"]) == (201, "anna", True)
    assert answer.headers["location"] == path(new)
    moved = http.get(path(new, "/thread"), headers=anna).json()
    assert [(entry["text"], entry["sender"]) for entry in moved["entries"]] == [("I am Bob, and I want a refund.", BOB)]
    assert (moved["customer"], moved["participants"], moved["split_from"]) == (BOB, [BOB], thread)
    assert world.container.conversations.get(new).contact.email == BOB
    # A later mail goes by what it refers to, whichever address it was sent to.
    assert mails.write(thread, BOB, "And?", references=(first.message_id, second.message_id)).conversation_id == new
    assert mails.write(thread, ADA, "Thanks", references=(first.message_id,)).conversation_id == thread
    assert mails.write(thread, ADA, "Hello?").conversation_id == thread
    assert second.message_id not in mails.threads.get(thread).references
    assert mails.threads.get(new).last_received != first.message_id
    listed = http.get(path(thread, "/mails"), headers=anna).json()["mails"]
    assert [one["moved_to"] for one in listed] == ["", new, "", ""]
    assert [one["conversation_id"] for one in http.get(path(new, "/mails"), headers=anna).json()["mails"]] == [
        thread,
        new,
    ]
    (entry,) = [entry for entry in audited(world) if entry["action"] == "conversation_split"]
    assert (entry["of"], json.loads(entry["detail"])["into"]) == (thread, new)


def test_given_to_the_bot_a_split_thread_gets_its_answer_and_the_old_one_forgets_it(
    world: World, mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "Order 17")
    mails.write(thread, ADA, "My cat is called Ivor.")
    cut = mails.write(thread, ADA, "How do I reset a forgotten password?")
    new = world.container.mail_people.split.split(thread, cut.seq, PERSON).conversation_id
    world.container.people.own_conversation.hand_back(new, PERSON)
    turn = world.container.turns.get(new, world.container.conversations.get(new).last_turn)
    identified = world.container.conversations.get(new)
    assert (turn.message.text, turn.finished, identified.owner) == ("How do I reset a forgotten password?", False, BOT)
    later = mails.write(thread, ADA, "Do you remember him?")
    pending = world.container.turns.get(thread, world.container.conversations.get(thread).last_turn)
    document = world.node("IdentifyCustomer", turn_document(pending))
    assert later.seq == pending.message.seq
    assert "password" not in json.dumps(document["customer"])
    assert "Ivor" in json.dumps(document["customer"])


def test_what_cannot_be_split_is_refused(http: TestClient, anna: dict[str, str], mails: MailThreads) -> None:
    thread, other = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    mails.write(thread, ADA, "Hello")
    for conversation, body, status in (
        (thread, {"from_seq": 1}, 400),
        (thread, {"from_seq": 2}, 404),
        (thread, {"from_seq": 0}, 422),
        (thread, {}, 422),
        ("nowhere", {"from_seq": 1}, 404),
        (other, {"from_seq": 1}, 404),
    ):
        assert problem_of(http.post(path(conversation, "/split"), headers=anna, json=body))["status"] == status


def test_a_split_asked_for_again_is_the_same_and_merged_back_it_is_undone(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread = mails.begin(ADA, "One")
    mails.write(thread, ADA, "Hello")
    cut = mails.write(thread, ADA, "Something else")
    split = world.container.mail_people.split
    new = split.split(thread, cut.seq, PERSON).conversation_id
    assert split.split(thread, cut.seq, PERSON).conversation_id == new
    assert http.post(path(new, "/merge"), headers=anna, json={"into": thread}).status_code == 200
    assert mails.write(thread, ADA, "Where?", references=(cut.message_id,)).conversation_id == thread
    again = split.split(thread, cut.seq, PERSON).conversation_id
    assert again not in (new, thread)
    assert mails.write(thread, ADA, "And now?", references=(cut.message_id,)).conversation_id == again


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_split_that_breaks_off_at_any_write_is_seen_by_nobody_and_goes_on_when_asked_again(
    world: World, mails: MailThreads, fails: str
) -> None:
    number, finished = 1, False
    while not finished:
        thread = mails.begin(ADA, "One")
        mails.write(thread, ADA, "Hello")
        cut = mails.write(thread, ADA, "Something else")
        last = mails.write(thread, ADA, "And more of it")
        broken = failing(world, fails, number)
        try:
            broken.split.split(thread, cut.seq, PERSON)
            finished = True
        except StoreUnavailableError:
            routed = mails.write(thread, ADA, "Meanwhile", references=(last.message_id,)).conversation_id
            before = world.container.mail_people.routes.get(thread).splits
            assert routed == (before[0] if before else thread)
        new = world.container.mail_people.split.split(thread, cut.seq, PERSON).conversation_id
        assert world.container.mail_people.routes.get(thread).splits == (new,)
        said = [event.text for event in world.container.conversations.events(new)]
        assert said[:2] == ["Something else", "And more of it"]
        assert len(said) == len(set(said)) == (2 if finished else 3)
        assert last.message_id in mails.threads.get(new).references
        assert last.message_id not in mails.threads.get(thread).references
        number += 1
    assert number > 4


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_merging_that_breaks_off_has_happened_whole_or_not_at_all(
    world: World, mails: MailThreads, fails: str
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    ticket_for(world, source, "One")
    broken = failing(world, fails, 1)
    with pytest.raises(StoreUnavailableError):
        broken.join.merge(source, target, PERSON)
    assert (world.container.mail_people.routes.get(source).into == target) is (fails == "after")
    assert world.container.mail_people.join.merge(source, target, PERSON).conversation_id == target
    assert len(world.container.conversations.events(target)) == 1


def test_a_long_thread_is_split_in_steps_of_less_than_a_hundred_writes(world: World, mails: MailThreads) -> None:
    thread = mails.begin(ADA, "One")
    for number in range(70):
        mails.write(thread, ADA, f"Mail {number}")
    new = world.container.mail_people.split.split(thread, 2, PERSON)
    assert (new.next_seq, new.n_customer_messages) == (70, 69)
    said = [event.text for event in world.container.conversations.events(new.conversation_id)]
    assert said == [f"Mail {number}" for number in range(1, 70)]
    assert mails.write(thread, ADA, "Late", references=("m0002@customers.example",)).conversation_id == (
        new.conversation_id
    )


def test_what_was_split_off_is_forgotten_with_the_thread_that_it_came_from(world: World, mails: MailThreads) -> None:
    thread = mails.begin(ADA, "One")
    mails.write(thread, ADA, "Hello")
    cut = mails.write(thread, ADA, "A secret: quagga")
    new = world.container.mail_people.split.split(thread, cut.seq, PERSON).conversation_id
    world.container.visitors.forget_conversation.forget(thread)
    assert world.container.conversations.events(new) == []
    left = world.ports.table.query(keys.conversation(new)).items
    assert "quagga" not in json.dumps(left, default=str)


def test_an_address_that_gets_no_mail_is_listed_without_being_told_and_let_go_by_an_admin(
    world: World, http: TestClient, anna: dict[str, str]
) -> None:
    suppressions = SuppressionRepository(world.ports.table)
    for number in range(3):
        suppressions.suppress(f"ada{number}@far.example", SuppressedBecause.BOUNCED, at=world.clock.now())
        world.clock.forward(1)
    found, cursor = list[dict[str, Any]](), None
    while found == [] or cursor is not None:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = http.get("/admin/mail-suppressions", headers=anna, params=params)
        assert "ada1@far.example" not in page.text
        found += page.json()["suppressions"]
        cursor = page.json()["next_cursor"]
    assert [one["reason"] for one in found] == ["bounced"] * 3
    by_id, by_address = (
        f"/admin/mail-suppressions/{found[0]['address_id']}",
        "/admin/mail-suppressions/ada1@far.example",
    )
    assert problem_of(http.delete(by_id, headers=anna))["status"] == 403
    chief = person(world, "chief", Role.ADMIN)
    assert [http.delete(place, headers=chief).status_code for place in (by_id, by_address)] == [204, 204]
    assert problem_of(http.delete(by_id, headers=chief))["status"] == 404
    left = http.get("/admin/mail-suppressions", headers=anna).json()["suppressions"]
    assert [one["address_id"] for one in left] == [found[2]["address_id"]]
    assert suppressions.of("ada1@far.example", now=world.clock.now()) is None
    removed = [entry for entry in audited(world) if entry["action"] == "mail_suppression_removed"]
    assert {(entry["by"], entry["of"]) for entry in removed} == {
        ("chief", found[0]["address_id"]),
        ("chief", found[1]["address_id"]),
    }


def test_what_was_not_answered_is_listed_by_day_and_verdict(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    assert world.ports.received_mail is not None
    now = world.clock.now()
    for number, verdict in enumerate((Verdict.SPAM, Verdict.LOOP, Verdict.SPAM)):
        mail = ReceivedMail(
            f"u{number}", now, verdict, GateReason.SPAM_VERDICT, sender=BOB, subject="Buy", object_key=f"kept/u{number}"
        )
        world.ports.received_mail.write(mail.object_key, raw_mail(mail, "Cheap watches"))
        world.ports.table.transact([mails.received.recorded(mail)])
    day = now.date().isoformat()
    spam = http.get("/admin/mails", headers=anna, params={"day": day, "verdict": "spam"}).json()
    assert [one["mail_id"] for one in spam["mails"]] == ["u2", "u0"]
    assert len(http.get("/admin/mails", headers=anna, params={"day": day}).json()["mails"]) == 3
    assert http.get("/admin/mails", headers=anna, params={"day": "2020-01-01"}).json()["mails"] == []
    full = http.get(f"/admin/mails/{day}/u0", headers=anna).json()
    assert full["reply"] == "Cheap watches"
    raw = http.get(f"/admin/mails/{day}/u0/raw", headers=anna)
    assert raw.headers["content-disposition"].startswith("attachment;")
    assert problem_of(http.get(f"/admin/mails/{day}/u9", headers=anna))["status"] == 404
    assert problem_of(http.get("/admin/mails", headers=anna, params={"day": "yesterday"}))["status"] == 422
