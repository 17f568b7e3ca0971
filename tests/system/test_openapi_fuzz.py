"""Proof: whatever the OpenAPI document allows or forbids is answered as it says, and nothing is a 500."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from firstline.container import Container
from firstline.domain.conversation import Channel
from firstline.domain.decisions import Decision
from firstline.domain.drafts import DraftContent
from firstline.domain.experiments import ExperimentContent
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.answer_draft import AnswerDraft
from firstline.domain.mail.suppression import SuppressedBecause
from firstline.domain.memory import FactKind
from firstline.domain.own_labels import OwnLabel
from firstline.domain.ticket import TicketQueue
from firstline.domain.ticket_access import TicketParty
from firstline.domain.ticket_changes import NewTicket
from firstline.domain.turn import Reason, Strategy
from firstline.domain.webhooks import Delivery, DeliveryChannel, EventType
from firstline.repositories import keys
from firstline.repositories.answer_drafts import AnswerDraftRepository
from firstline.repositories.customers import identity_of
from firstline.repositories.suppressions import SuppressionRepository, address_id
from firstline.web.app import create_app
from firstline.web.problems import Problem
from tests.component.approvals import waiting_approval
from tests.component.live import QUESTION, build
from tests.component.mail_threads import MailThreads

Operation = APIOperation[Any, Any, Any, Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NEEDS_PROOF = {"POST /chat/sessions/{session_id}/identify"}
"""Operations that nobody gets through without what the company's own site signs."""

BY_TOKEN = {"POST /attachments"}
"""Operations whose session is told by the token alone."""

BY_MAIL = {
    f"{method} {path}"
    for method, path in (
        ("GET", "/admin/conversations/{conversation_id}/thread"),
        ("GET", "/admin/conversations/{conversation_id}/mails"),
        ("GET", "/admin/conversations/{conversation_id}/mails/{mail_id}"),
        ("GET", "/admin/conversations/{conversation_id}/mails/{mail_id}/html"),
        ("GET", "/admin/conversations/{conversation_id}/mails/{mail_id}/raw"),
        ("POST", "/admin/conversations/{conversation_id}/merge"),
        ("DELETE", "/admin/conversations/{conversation_id}/merge"),
        ("POST", "/admin/conversations/{conversation_id}/split"),
        ("GET", "/api/v1/tickets/{ticket_id}/thread"),
        ("GET", "/admin/mails"),
        ("GET", "/admin/mails/{day}/{mail_id}"),
        ("GET", "/admin/mails/{day}/{mail_id}/raw"),
        ("DELETE", "/admin/mail-suppressions/{address_id}"),
    )
}
"""Operations on conversations by mail, and on mails."""

REFUNDS = tuple(f"where is my {what}" for what in ("refund", "money", "credit", "cash back", "repayment"))
FILE = b"The reset link does not come.\n"
RECEIPT = {"action": "answer", "reason": "knowledge_found", "resolution_method": "extractive", "confidence": 1.0}
EXAMPLES = 4
"""Of each operation, each way."""

PARTS = 8
"""So that no test takes long."""

PASSWORD = "correct horse battery"  # pragma: allowlist secret
ADMIN_TOKEN = "an-admin-token-of-more-than-forty-characters"  # pragma: allowlist secret


@schemathesis.serializer("application/zip")
def zip_archive(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


@dataclass
class Api:
    """The app's own document, and what gets past its front door."""

    container: Container
    schema: Any
    working: dict[str, Any]
    """By operation, a body that goes through, where what the document allows seldom does."""

    def known(self, *, taken: bool) -> tuple[dict[str, str], str]:
        """Return ids of things that are there, as path parameters name them, and the token of the session.

        The conversation is ``taken`` over by the admin, or the bot's.
        """
        opened = self.container.open_session.open(channel=Channel.CHAT)
        session = opened.session
        turn_id = self.container.accept_message.accept(
            session.conversation_id, "m1", QUESTION, channel=Channel.CHAT, correlation_id="fuzz"
        ).turn_id
        receipt = self.container.receipts.added(
            session.conversation_id, turn_id, json.dumps(RECEIPT), now=self.container.ports.clock.now()
        )
        now = self.container.ports.clock.now()
        chosen = Decision(session.conversation_id, turn_id, "p", "other", Strategy.CONCISE, 1.0, now)
        written = AnswerDraft(
            draft_id=turn_id,
            conversation_id=session.conversation_id,
            text="On the sign-in page.",
            reason=Reason.MAIL_MODE,
            answers_up_to=2,
            created_at=now,
        )
        kept = AnswerDraftRepository(self.container.ports.table, retention_days=1).added(written)
        self.container.ports.table.transact([receipt, kept, self.container.learning.decisions.added(chosen, due=now)])
        admin = Principal("admin", Role.ADMIN)
        if taken:
            self.container.people.own_conversation.take(session.conversation_id, admin)
        customer_id = self.container.customers.find_or_create(
            *identity_of("", session.conversation_id), new_id=session.session_id, now=self.container.ports.clock.now()
        ).customer_id
        conversations = self.container.conversations
        conversations.set_customer(conversations.get(session.conversation_id), customer_id)
        self.container.memory.remember_facts.enter(customer_id, FactKind.PLAN, "Basic", by=admin)
        content = DraftContent(question=QUESTION, answer="On the sign-in page.")
        draft = self.container.manage_drafts.create(content, by="admin")
        receive = self.container.attached_files.receive
        announced = receive.announce(session.conversation_id, "notes.txt", len(FILE))
        tickets, webhooks = self.container.ticketing, self.container.ticketing.webhooks
        for found in webhooks.all():
            webhooks.delete(found.webhook_id, by="admin")
        webhook_id = webhooks.create("https://hooks.example/y", ["*"], by="admin").webhook_id
        asked = NewTicket(subject="Export fails", queue=TicketQueue.PEOPLE)
        ids = {
            "ticket_id": tickets.manage.create(asked, by=TicketParty.person("admin")).ticket_id,
            "webhook_id": webhook_id,
            "delivery_id": self._dead_letter(webhook_id),
            "upload_token": announced.upload.url.rsplit("/", 1)[1],
            "file_id": receive.store(session.conversation_id, "notes.txt", FILE).file_id,
            "customer_id": customer_id,
            "fact_id": FactKind.PLAN.value,
            "session_id": session.session_id,
            "conversation_id": session.conversation_id,
            "draft_id": draft.draft_id,
            "site_id": "default",
            "experiment_id": self._experiment(),
            "label": self._own_label(),
            "seq": "2",
            "turn_id": turn_id,
            "approval_id": waiting_approval(self.container, session.conversation_id, text=QUESTION),
        }
        return ids, opened.token

    def known_mail(self, operation: str) -> dict[str, str]:
        """Return ids of a conversation by mail with two mails, of one of them, and of one that lies by itself."""
        mails, now = MailThreads(self.container), self.container.ports.clock.now()
        thread = mails.begin("ada@far.example", "Order 17")
        mails.write(thread, "ada@far.example", QUESTION)
        mail = mails.write(thread, "ada@far.example", QUESTION)
        if "{day}" in operation:
            mail = replace(mail, conversation_id="", seq=0)
            self.container.ports.table.transact([mails.received.recorded(mail)])
        new = NewTicket(subject="Order 17", conversation_id=thread)
        ticket, opened = self.container.ticketing.manage.creating(new, by=TicketParty.person("admin"))
        self.container.ports.table.transact(opened)
        address = "eve@far.example"
        SuppressionRepository(self.container.ports.table).suppress(address, SuppressedBecause.BOUNCED, at=now)
        ids = {"conversation_id": thread, "mail_id": mail.mail_id, "ticket_id": ticket.ticket_id}
        return {**ids, "day": now.date().isoformat(), "address_id": address_id(address)}

    def _own_label(self) -> str:
        """Return an intent that can be forgotten, beside another, so that both can be learnt."""
        own = self.container.own_intents
        for found in own.labels():
            own.delete(found.name)
        own.put(OwnLabel(name="parcel_status", examples=tuple(text.replace("my", "the parcel") for text in REFUNDS)))
        own.put(OwnLabel(name="refund_status", examples=REFUNDS))
        return "refund_status"

    def _experiment(self) -> str:
        """Return an experiment that can be started."""
        experiments = self.container.learning.experiments
        for found in experiments.all():
            experiments.stop(found.experiment_id)
        variants = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "retrieved": 3}]
        content = ExperimentContent.model_validate({"variants": variants})
        return experiments.create(self.container.ports.ids.new().lower(), content, by="admin").experiment_id

    def _dead_letter(self, webhook_id: str) -> str:
        outbox = self.container.ticketing.deliver_events._outbox
        now, out_id = self.container.ports.clock.now(), self.container.ports.ids.new()
        given_up = Delivery(
            out_id, "event", DeliveryChannel.WEBHOOK, EventType.TICKET_CREATED, webhook_id, "", "T", 1, now
        )
        self.container.ports.table.transact([outbox.told(given_up)])
        leased = outbox.take_up(replace(given_up, due_key=keys.due_at(now, out_id)), now=now)
        assert leased is not None
        outbox.bury(leased, error="no answer")
        return out_id


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    container, engine = build(tmp_path_factory.mktemp("fuzz"), admin_token=ADMIN_TOKEN, mail_from="bot@help.example")
    container.identity.manage_users.add("anna", PASSWORD, Role.AGENT, name="Anna")
    archive = io.BytesIO()
    container.transfer_knowledge.export(archive)
    working: dict[str, Any] = {
        "POST /attachments": {"name": "notes.txt", "size": len(FILE)},
        "PUT /attachments/uploads/{upload_token}": FILE,
        "POST /chat": {"message": QUESTION},
        "POST /chat/sessions": {"site": "default"},
        "POST /chat/sessions/{session_id}/messages": {"text": QUESTION},
        "POST /chat/sessions/{session_id}/transcript": {"email": "zoe@example.com"},
        "PUT /chat/sessions/{session_id}/contact": {"email": "zoe@example.com"},
        "POST /admin/conversations/{conversation_id}/merge": {
            "into": MailThreads(container).begin("zoe@far.example", "Order 18"),
            "customers_join": True,
        },
        "POST /admin/conversations/{conversation_id}/split": {"from_seq": 2},
        "POST /admin/conversations/{conversation_id}/messages": {"text": "Hello", "message_id": "a1"},
        "PUT /customers/{customer_id}/memory/{fact_id}": {"value": "Pro"},
        "POST /auth/login": {"username": "anna", "password": PASSWORD},
        "POST /admin/conversations/{conversation_id}/transfer": {"to": "admin"},
        "POST /admin/experiments": {
            "experiment_id": "other",
            "variants": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "retrieved": 3}],
        },
        "PUT /admin/intents/{label}": {"examples": list(REFUNDS)},
        "POST /admin/sites": {"site_id": "shop"},
        "PUT /admin/sites/{site_id}": {"origins": ["https://shop.example"]},
        "POST /admin/knowledge/import": archive.getvalue(),
        "POST /api/v1/tickets": {"subject": "Export fails", "customer_id": "c1", "priority": "medium"},
        "PATCH /api/v1/tickets/{ticket_id}": {"tags": ["export"]},
        "POST /api/v1/tickets/{ticket_id}/comments": {"text": "We look into it."},
        "POST /admin/webhooks": {"url": "https://hooks.example/x", "events": ["ticket.*"]},
        "PATCH /admin/webhooks/{webhook_id}": {"active": False},
        "POST /admin/approvals/{approval_id}/approve": {"note": "Fine."},
        "POST /admin/conversations/{conversation_id}/drafts/{turn_id}": {"decision": "dismiss"},
    }
    yield Api(container, schemathesis.openapi.from_asgi("/openapi.json", create_app(container)), working)
    assert engine.close(10)


def operations(api: Api, part: int) -> list[Operation]:
    """Return the operations of one of ``PARTS``."""
    return [found.ok() for found in api.schema.get_all_operations()][part::PARTS]


def sent(api: Api, operation: Operation, mode: GenerationMode, *, lucky: bool = False) -> tuple[list[str], set[int]]:
    """Send what the document allows or forbids; return what was wrong with the answers, and their statuses.

    Of ids and tokens some are known ones, all of them where the caller is ``lucky``.
    """
    failures: list[str] = []
    statuses: set[int] = set()
    ids, session_token = api.known(taken=operation.path.startswith("/admin/conversations"))
    if operation.label in BY_MAIL:
        ids |= api.known_mail(operation.path)
    likely = session_token if "{session_id}" in operation.path or operation.label in BY_TOKEN else ADMIN_TOKEN
    tokens = [likely] if lucky else [likely, likely, ADMIN_TOKEN, session_token, "wrong", ""]
    streams = operation.path == "/chat/sessions/{session_id}/events"
    # Of a stream the document tells the text, and schemathesis asks for one event.
    excluded = [response_schema_conformance] if streams else []

    @seed(11)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), data=st.data())
    def send(case: Case[Any], data: st.DataObject) -> None:
        if lucky or data.draw(st.booleans()):
            case.path_parameters = {name: ids.get(name, given) for name, given in case.path_parameters.items()}
        if lucky:
            case.body = api.working.get(operation.label, case.body)
            case.headers["If-Match"] = "*"
        token = data.draw(st.sampled_from(tokens))
        try:
            response = case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"} if token else {},
                checks=CHECKS,
                excluded_checks=excluded,
                timeout=0.2 if streams else 20,
            )
        except FailureGroup as group:
            failures.extend(f"{operation.label}: {failure}\n{case.as_curl_command()}" for failure in group.exceptions)
            return
        statuses.add(int(response.status_code))
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            assert Problem.model_validate_json(response.content).status == response.status_code

    try:
        send()
    except Unsatisfiable:
        # An operation without parameters and body forbids nothing.
        assert mode is GenerationMode.NEGATIVE
    return failures, statuses


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_is_answered_as_the_document_says(api: Api, mode: GenerationMode, part: int) -> None:
    failures = [failure for operation in operations(api, part) for failure in sent(api, operation, mode)[0]]
    assert failures == []


@pytest.mark.parametrize("part", range(PARTS))
def test_so_is_what_gets_past_the_front_door_and_every_operation_lets_something_through(api: Api, part: int) -> None:
    failures: list[str] = []
    refused: set[str] = set()
    for operation in operations(api, part):
        failed, statuses = sent(api, operation, GenerationMode.POSITIVE, lucky=True)
        failures += failed
        if min(statuses) >= HTTPStatus.BAD_REQUEST:
            refused.add(operation.label)
    assert failures == []
    assert refused == NEEDS_PROOF & {operation.label for operation in operations(api, part)}
