"""A customer is forgotten everywhere: the whole store and all files are searched for what is left of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.faulty_table import Call, FaultyTable
from firstline.container import assemble
from firstline.domain.conversation import Channel, Conversation
from firstline.domain.erasure import FORGOTTEN
from firstline.domain.errors import ConflictError, NotFoundError, StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.domain.memory import FactKind
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.repositories import keys
from firstline.repositories.accounts import AccountRepository
from firstline.repositories.model_spend import ModelSpendRepository
from firstline.services.forget_conversation import LATE_WRITERS
from firstline.services.forget_customer import ROUND
from firstline.web.app import create_app
from tests.component.received import OURS, mail
from tests.component.rest import bearer
from tests.component.test_forget_conversation import ADDRESS, NAME, SECRET, KilledError, breakable, items, settle, visit
from tests.component.world import World

ANNA = Principal("anna", Role.AGENT, "Anna")
ADMIN = "admin-1"
TOKEN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret
USER = "zeb-at-the-shop"
SETTINGS: dict[str, Any] = {"notify_email": "team@help.example", "mail_from": "bot@help.example"}


@dataclass
class Known:
    """A verified customer who has left traces everywhere, and the ids by which they would be found."""

    world: World
    folder: Path
    customer_id: str
    conversations: list[str]
    tickets: list[str]
    ids: set[str] = field(default_factory=set)

    def names(self, text: str) -> set[str]:
        words = {word for word in (SECRET, NAME, ADDRESS) if word.lower() in text.lower()}
        return words | {one for one in self.ids if one in text}

    def left(self) -> list[str]:
        """Where something of them is.

        The audit log may name ids that lead to nothing any more, and not who they were; so may what is kept of a mail
        in order that it is not taken a second time.
        """
        found = []
        for pk, text in items(self.world, self.folder):
            named = self.names(text)
            if pk.startswith("AUDIT#"):
                named -= self.ids - {USER}
            if pk.startswith(("MAILCLAIM#", "MAILSAID#")):
                named -= set(self.conversations)
            if named:
                found.append(f"{pk}: {named} {text[:200]}")
        return found + [str(path) for path in objects(self.folder) if self.names(f"{path} {path.read_bytes()!r}")]

    def forget(self) -> bool:
        return self.world.container.visitors.forget_customer.forget(self.customer_id, by=ADMIN)


def objects(folder: Path) -> list[Path]:
    return [path for name in ("attachments", "received_mail") for path in (folder / name).rglob("*") if path.is_file()]


def lasting(world: World, folder: Path) -> list[tuple[str, str]]:
    """What does not expire within the hour."""
    world.clock.forward(3600)
    found = items(world, folder)
    world.clock.forward(-3600)
    return found


def world_in(folder: Path, **settings: Any) -> World:
    return World(folder, **SETTINGS, **settings)


def begun(world: World, user_id: str, text: str) -> str:
    world.clock.forward(60)
    opened = world.container.open_session.open(
        channel=Channel.CHAT, user_id=user_id, verified=bool(user_id), join=False
    )
    world.ask(opened.session.conversation_id, text)
    return opened.session.conversation_id


def customer_of(world: World, conversation_id: str) -> str:
    return world.container.conversations.get(conversation_id).customer_id


def known(world: World, folder: Path) -> Known:
    """Two conversations, a thread of mails, tickets, memory, an account, files, and mail that waits."""
    visited = visit(world, user_id=USER)
    customer_id = customer_of(world, visited.conversation_id)
    second = begun(world, USER, f"We are on the Pro plan. How do I export {SECRET} timesheets?")
    raw = mail(f"Where is my {SECRET}?", sender=f"{NAME} <{ADDRESS}>", subject=SECRET, files={"a.txt": SECRET.encode()})
    thread = world.receive(raw).conversation_id
    world.run_started()
    visitor = customer_of(world, thread)
    assert world.container.identity.verify_identity.bind(thread, USER).customer_id == customer_id
    manage = world.container.ticketing.manage
    asked = manage.create(
        NewTicket(description=f"How do I reset my {SECRET} password?"),
        by=TicketParty.customer(customer_id, second, verified=True),
    )
    entered = manage.create(
        NewTicket(subject=f"{SECRET} by phone", customer_id=customer_id), by=TicketParty.person("anna")
    )
    manage.comment(entered.ticket_id, f"{NAME} has called.", by=TicketParty.person("anna"), internal=True)
    world.container.memory.remember_facts.enter(customer_id, FactKind.PRODUCT, SECRET, by=ANNA)
    accounts = AccountRepository(world.ports.table, days=30)
    world.ports.table.transact(accounts.changed(customer_id, "email", ADDRESS, now=world.clock.now()))
    ModelSpendRepository(world.ports.table).add_to_customer(customer_id, world.clock.now().date(), 17)
    tickets = [visited.ticket_id, asked.ticket_id, entered.ticket_id]
    own = [world.container.tickets.get(ticket_id).conversation_id for ticket_id in tickets[1:]]
    talks = [visited.conversation_id, second, thread, *own]
    made = Known(world, folder, customer_id, talks, tickets)
    made.ids = {*visited.ids, USER, customer_id, visitor, *talks}
    return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_in(tmp_path, support_address=OURS, admin_token=TOKEN)


def test_nothing_is_left_of_a_customer_in_the_whole_store_and_in_no_file(world: World, tmp_path: Path) -> None:
    ada = known(world, tmp_path)
    found = ada.left()
    kinds = ("CUST#", "IDENT#verified#", "CONV#", "TICKET#", "SESS#", "NODE#customer#", "GAP#", "MAILID#")
    assert all(any(trace.startswith(kind) for trace in found) for kind in kinds)
    assert any("received_mail" in trace for trace in found)
    assert any("attachments" in trace for trace in found)
    assert ada.forget()
    # For a quarter of an hour there are the orders, which hold ids alone.
    assert all(trace.startswith("ERASE") for trace in ada.left())
    assert not any(SECRET in trace or NAME in trace for trace in ada.left())
    assert ada.forget()
    settle(world)
    assert ada.left() == []
    assert world.post.mails == []
    for ticket_id in ada.tickets:
        ticket = world.container.tickets.get(ticket_id)
        assert (ticket.subject, ticket.customer_id, ticket.conversation_id) == (FORGOTTEN, "", "")
        assert world.container.tickets.events(ticket_id) == []
    for gone in (ada.forget, lambda: world.container.memory.export_customer.export(ada.customer_id)):
        with pytest.raises(NotFoundError):
            gone()


def test_everything_of_others_stays_byte_for_byte(world: World, tmp_path: Path) -> None:
    for user in ("bob", ""):
        begun(world, user, "My name is Oberon. How do I export timesheets?")
        begun(world, user, "I want to talk to a person.")
    other = world.receive(mail("How do I export timesheets?", sender="oberon@far.example", files={"b.txt": b"E47"}))
    world.run_started()
    ada = known(world, tmp_path)
    # Mail that waits is sent before.
    settle(world)
    before = [item for item in lasting(world, tmp_path) if not ada.names(item[1])]
    files = {path: path.read_bytes() for path in objects(tmp_path)}
    assert len([item for item in before if item[0].startswith("CONV#")]) > 20
    assert ada.forget()
    settle(world)
    after = set(items(world, tmp_path))
    assert [item for item in before if item not in after] == []
    kept = {path: content for path, content in files.items() if SECRET.encode() not in content}
    assert {path: path.read_bytes() for path in objects(tmp_path)} == kept
    assert any(content == b"E47" for content in kept.values())
    first, *_ = world.container.conversations.events(other.conversation_id)
    assert "How do I export timesheets?" in first.text


def test_a_visitor_is_forgotten_with_the_conversation_that_they_are(world: World, tmp_path: Path) -> None:
    visited = visit(world)
    customer_id = customer_of(world, visited.conversation_id)
    opened = world.container.ticketing.manage.create(
        NewTicket(description=f"How do I reset my {SECRET} password?"),
        by=TicketParty.customer(customer_id, visited.conversation_id, verified=False),
    )
    ada = Known(world, tmp_path, customer_id, [visited.conversation_id], [opened.ticket_id], visited.ids)
    assert ada.forget()
    settle(world)
    assert ada.left() == []


def test_who_comes_back_by_the_same_name_is_somebody_new_and_stays(world: World, tmp_path: Path) -> None:
    ada = known(world, tmp_path)
    assert ada.forget()
    world.clock.forward(1)
    again = world.container.open_session.open(channel=Channel.CHAT, user_id=USER, verified=True, join=True)
    assert not again.continued
    unused = begun(world, USER, "My name is Oberon. How do I export timesheets?")
    settle(world)
    new = customer_of(world, unused)
    assert new != ada.customer_id
    assert world.container.memory.remember_facts.values(new) == {"name": "Oberon"}
    talks = world.container.memory.export_customer.export(new).parts["conversations"]
    assert [one["conversation_id"] for one in talks] == [again.session.conversation_id, unused]
    ada.ids.discard(USER)
    assert ada.left() == []


def test_who_comes_back_and_has_said_nothing_yet_finds_their_conversation_on_another_device(world: World) -> None:
    customer_id = customer_of(world, begun(world, USER, "How do I export timesheets?"))
    assert world.container.visitors.forget_customer.forget(customer_id, by=ADMIN)
    world.clock.forward(1)
    devices = []
    for _ in range(2):
        devices.append(world.container.open_session.open(channel=Channel.CHAT, user_id=USER, verified=True, join=True))
        settle(world)
    assert [device.continued for device in devices] == [False, True]
    assert devices[0].session.conversation_id == devices[1].session.conversation_id


def test_what_functions_that_were_at_work_write_afterwards_goes_too(world: World, tmp_path: Path) -> None:
    ada = known(world, tmp_path)
    assert ada.forget()
    now = world.clock.now()
    ModelSpendRepository(world.ports.table).add_to_customer(ada.customer_id, now.date(), 3)
    late = Conversation(
        conversation_id="C-late", channel=Channel.API, customer_id=ada.customer_id, user_id=USER, verified=True,
        created_at=now,
    )  # fmt: skip
    world.container.conversations.create(late, f"{SECRET} again")
    assert ada.left()
    settle(world)
    assert ada.left() == []


def test_of_whom_only_a_ticket_or_a_conversation_is_left_that_is_forgotten_too(world: World, tmp_path: Path) -> None:
    first = begun(world, USER, f"How do I export {SECRET} timesheets?")
    ada = Known(world, tmp_path, customer_of(world, first), [first], [], {USER})
    ada.ids.add(ada.customer_id)
    world.container.customers.remove(ada.customer_id)
    world.container.customers.remove_identity("verified", USER)
    assert ada.forget()
    settle(world)
    assert ada.left() == []
    visitor = customer_of(world, begun(world, "", "How do I export timesheets?"))
    by_phone = NewTicket(subject=f"{SECRET} by phone", customer_id=visitor)
    ticket = world.container.ticketing.manage.create(by_phone, by=TicketParty.person("anna"))
    # As it is where a person works on the ticket for longer than the rest is kept.
    world.container.customers.remove(visitor)
    for item in world.ports.table.query(keys.conversation(ticket.conversation_id), consistent=True).items:
        world.ports.table.delete(item["pk"], item["sk"])
    assert world.container.visitors.forget_customer.forget(visitor, by=ADMIN)
    left = world.container.tickets.get(ticket.ticket_id)
    assert (left.customer_id, left.subject) == ("", FORGOTTEN)


def test_a_visitor_who_has_become_a_known_customer_is_forgotten_as_that_one(world: World) -> None:
    visited = begun(world, "", "How do I export timesheets?")
    visitor = customer_of(world, visited)
    ada = world.container.identity.verify_identity.bind(visited, USER).customer_id
    with pytest.raises(ConflictError, match=ada):
        world.container.visitors.forget_customer.forget(visitor, by=ADMIN)
    assert customer_of(world, visited) == ada


def meanwhile(table: FaultyTable, wanted: str, action: Callable[[], object]) -> None:
    """Have something else happen right before the first transaction that writes such an item."""
    happened: list[object] = []

    def interrupt(call: Call) -> bool:
        if not happened and call.method == "transact" and any(pk.startswith(wanted) for pk, _ in call.keys):
            happened.append(wanted)
            action()
        return False

    table.fail_before = interrupt


def test_of_two_who_ask_in_one_moment_one_does_it_and_it_is_noted_once(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    ada = Known(world, tmp_path, "", [], [], {USER})
    ada.customer_id = customer_of(world, begun(world, USER, f"How do I export {SECRET} timesheets?"))
    inner = assemble(world.container.settings, replace(world.ports, table=table._inner)).visitors.forget_customer
    answers: list[bool] = []
    meanwhile(table, "ERASECUST#", lambda: answers.append(inner.forget(ada.customer_id, by="admin-2")))
    assert not ada.forget()
    assert answers == [True]
    assert ada.forget()
    settle(world)
    assert ada.left() == []
    entries = [text for pk, text in items(world, tmp_path) if pk.startswith("AUDIT#") and "customer_forgotten" in text]
    assert len(entries) == 1


def test_a_visitor_who_proves_who_they_are_in_that_moment_is_not_taken_for_a_visitor(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    visited = begun(world, "", "How do I export timesheets?")
    visitor = customer_of(world, visited)
    inner = assemble(world.container.settings, replace(world.ports, table=table._inner)).identity.verify_identity
    meanwhile(table, "ERASECUST#", lambda: inner.bind(visited, USER))
    for _ in range(2):
        with pytest.raises(ConflictError, match="part of"):
            world.container.visitors.forget_customer.forget(visitor, by=ADMIN)
    assert world.container.memory.export_customer.export(customer_of(world, visited)).parts["conversations"]


def test_the_audit_log_says_who_had_whom_forgotten(world: World, tmp_path: Path) -> None:
    ada = known(world, tmp_path)
    ada.forget()
    ada.forget()
    entries = [text for pk, text in items(world, tmp_path) if pk.startswith("AUDIT#")]
    (entry,) = [text for text in entries if "customer_forgotten" in text]
    body: dict[str, Any] = json.loads(entry[entry.index("{") : entry.rindex("}") + 1])
    assert (body["by"], body["of"]) == (ADMIN, ada.customer_id)
    (of_first,) = [text for text in entries if "conversation_forgotten" in text and ada.conversations[0] in text]
    assert f'"by":"{ADMIN}"' in of_first.replace(" ", "")


def slow(table: FaultyTable, world: World, seconds: float) -> None:
    """Have each write take so long, by the world's clock."""

    def late(call: Call) -> bool:
        world.clock.forward(seconds if call.write_number else 0)
        return False

    table.fail_before = late


def test_much_is_forgotten_in_rounds_that_each_end_in_time(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    talks = [begun(world, USER, f"How do I export {SECRET} timesheets?") for _ in range(8)]
    ada = Known(world, tmp_path, customer_of(world, talks[0]), talks, [], {USER})
    slow(table, world, 0.25)
    answers: list[bool] = []
    while not answers or not answers[-1]:
        began = world.clock.now()
        answers.append(ada.forget())
        # One conversation that was begun in time is finished.
        assert world.clock.now() - began < 2 * ROUND
    assert len(answers) > 2
    table.fail_before = lambda call: False
    settle(world)
    assert ada.left() == []


def test_what_one_call_has_left_the_sweep_finishes_by_itself(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    talks = [begun(world, USER, f"How do I export {SECRET} timesheets?") for _ in range(8)]
    ada = Known(world, tmp_path, customer_of(world, talks[0]), talks, [], {USER})
    slow(table, world, 0.25)
    assert not ada.forget()
    table.fail_before = lambda call: False
    world.container.visitors.sweep()
    assert all(trace.startswith("ERASE") for trace in ada.left())
    settle(world)
    assert ada.left() == []


def killed_at(chosen: int) -> Callable[[Call], bool]:
    return lambda call: call.write_number == chosen


@pytest.mark.parametrize("goes_on", ["asked again", "swept"])
def test_wherever_it_is_killed_it_is_finished(tmp_path: Path, goes_on: str) -> None:
    first, begin = tmp_path / "first", 5 if goes_on == "asked again" else 2
    first.mkdir()
    made = known(world_in(first, support_address=OURS), first)
    n_killed = 0
    for nth in range(begin, 1000, 19):
        folder = tmp_path / str(nth)
        shutil.copytree(first, folder)
        world, table = breakable(folder)
        world.clock.moment = made.world.clock.now()
        ada = Known(world, folder, made.customer_id, made.conversations, made.tickets, made.ids)
        table._failure = KilledError
        table.fail_before = killed_at(max((call.write_number for call in table.calls), default=0) + nth)
        try:
            ada.forget()
        except KilledError:
            n_killed += 1
        else:
            break
        finally:
            table.fail_before = lambda call: False
        if goes_on == "asked again":
            assert ada.forget()
            assert all(trace.startswith("ERASE") for trace in ada.left()), nth
        settle(world)
        assert ada.left() == [], nth
        shutil.rmtree(folder)
    assert n_killed > 5


def test_while_the_store_is_down_the_admin_is_told_and_the_sweep_goes_on_later(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    ada = Known(world, tmp_path, "", [], [], {USER})
    ada.customer_id = customer_of(world, begun(world, USER, f"How do I export {SECRET} timesheets?"))
    writes = max(call.write_number for call in table.calls)
    table.fail_before = lambda call: call.write_number > writes + 4
    with pytest.raises(StoreUnavailableError):
        ada.forget()
    table.fail_before = lambda call: False
    world.clock.forward(timedelta(minutes=3).total_seconds())
    settle(world)
    assert ada.left() == []


def test_only_an_admin_has_a_customer_forgotten_and_is_told_when_it_is_over(world: World, tmp_path: Path) -> None:
    http = TestClient(create_app(world.container))
    ada = known(world, tmp_path)
    place, admin = f"/customers/{ada.customer_id}", bearer(TOKEN)
    world.container.identity.manage_users.add("anna", "correct horse battery", Role.AGENT)
    agent = world.container.identity.sign_in.sign_in("anna", "correct horse battery").token
    assert http.delete(place).status_code == 401
    assert http.delete(place, headers=bearer(agent)).status_code == 403
    assert http.get(f"{place}/export", headers=admin).status_code == 200
    for _ in range(2):
        answer = http.delete(place, headers=admin)
        assert (answer.status_code, answer.content) == (204, b"")
        assert http.get(f"{place}/export", headers=admin).status_code == 404
    world.clock.forward(LATE_WRITERS.total_seconds() + 1)
    world.container.visitors.sweep()
    assert http.delete(place, headers=admin).status_code == 404
    assert http.delete("/customers/nobody", headers=admin).status_code == 404
    assert http.delete("/customers/a%20b", headers=admin).status_code == 404


def test_what_goes_on_is_answered_with_202(tmp_path: Path) -> None:
    world, table = breakable(tmp_path)
    http = TestClient(create_app(world.container))
    world.container.identity.manage_users.add("root", "correct horse battery", Role.ADMIN)
    admin = bearer(world.container.identity.sign_in.sign_in("root", "correct horse battery").token)
    talks = [begun(world, USER, "How do I export timesheets?") for _ in range(8)]
    customer_id = customer_of(world, talks[0])
    slow(table, world, 0.25)
    assert http.delete(f"/customers/{customer_id}", headers=admin).status_code == 202
    table.fail_before = lambda call: False
    assert world.ports.table.get(keys.customer(customer_id), "PROFILE") is not None
    assert http.delete(f"/customers/{customer_id}", headers=admin).status_code == 204
