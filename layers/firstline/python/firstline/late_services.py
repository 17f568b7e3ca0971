"""What a customer's message does not need until it is worked on, imported and made on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firstline.late_knowledge import LateKnowledge

if TYPE_CHECKING:
    from firstline.answers import Answers, Caches
    from firstline.attached_files import AttachedFiles
    from firstline.domain.conversation import Conversation, Event
    from firstline.domain.table import Operation
    from firstline.learning import Learning
    from firstline.mail import Mailing
    from firstline.mail_people import MailPeople
    from firstline.memory import Memory
    from firstline.outgoing_mail import OutgoingMail
    from firstline.people import People
    from firstline.repositories.conversations import ConversationRepository
    from firstline.repositories.counters import Counters
    from firstline.repositories.customers import CustomerRepository
    from firstline.repositories.graph import GraphRepository
    from firstline.repositories.ownership import OwnershipRepository
    from firstline.repositories.ratings import Rating, RatingRepository
    from firstline.repositories.receipts import ReceiptRepository
    from firstline.repositories.tickets import TicketRepository
    from firstline.repositories.turns import TurnRepository
    from firstline.repositories.waiting_line import WaitingLine
    from firstline.services.accept_message import AcceptMessage
    from firstline.services.answer_ports import Checks
    from firstline.services.broadcast import Broadcast
    from firstline.services.cached_search import CachedSearch
    from firstline.services.hand_over import HandOver
    from firstline.services.limit_rate import LimitRate
    from firstline.services.manage_sites import ManageSites
    from firstline.services.own_intents import OwnIntents
    from firstline.services.sweep_turns import SweepTurns
    from firstline.ticket_log import TicketLog
    from firstline.tickets import Ticketing
    from firstline.tools import Tooling
    from firstline.visitors import Visitors
    from firstline.workflow.classify_query import ClassifyParts


class LateServices(LateKnowledge):
    """A part of the container."""

    conversations: ConversationRepository
    turns: TurnRepository
    ownership: OwnershipRepository
    customers: CustomerRepository
    counters: Counters
    broadcast: Broadcast
    sites: ManageSites
    accept_message: AcceptMessage
    ticket_log: TicketLog
    waiting_line: WaitingLine
    limit_rate: LimitRate
    ratings: RatingRepository
    receipts: ReceiptRepository
    attached_files: AttachedFiles
    checks: Checks | None

    def complete(self) -> None:
        """Make everything now: before a server's threads make it twice.

        Raises ``InvalidCustomToolsError``, ``InvalidInputError``.
        """
        _ = self.answers, self.sweep_turns, self.memory, self.graph, self.report_gaps, self.record_gap
        _ = self.knowledge_languages, self.knowledge_status, self.knowledge, self.visitors, self.mailing

    def prepare_answers(self) -> None:
        """Make what answers now, and load what every answer's check looks up. Raises ``InvalidCustomToolsError``."""
        from firstline.services.check_answer import load_tables

        _ = self.answers, self.knowledge_languages
        load_tables()

    @cached_property
    def people(self) -> People:
        """The people's side."""
        from firstline.people import assemble_people
        from firstline.services.receipt import Receipts

        log = self.ticket_log
        return assemble_people(
            self.settings,
            self.ports,
            ownership=self.ownership,
            conversations=self.conversations,
            turns=self.turns,
            tickets=log.repository,
            receipts=Receipts(self.receipts),
            broadcast=self.broadcast,
            sites=self.sites,
            waiting_line=self.waiting_line,
            publish=log.publish,
            on_said=self._of_person,
        )

    @cached_property
    def visitors(self) -> Visitors:
        """What visitors may ask for beside answers."""
        from firstline.visitors import assemble_visitors

        return assemble_visitors(
            self.settings, self.ports, self.conversations, self.broadcast,
            outgoing=self.outgoing_mail, limits=self.limit_rate,
        )  # fmt: skip

    @cached_property
    def outgoing_mail(self) -> OutgoingMail:
        """Mail that leaves, and what becomes of it."""
        from firstline.outgoing_mail import assemble_outgoing_mail

        return assemble_outgoing_mail(
            self.settings, self.ports, self.conversations, self.ticket_log, self.counters,
            sites=self.sites, notify_people=lambda: self.people.notify_people,
        )  # fmt: skip

    @cached_property
    def mailing(self) -> Mailing:
        """Mail that comes in and is answered."""
        from firstline.mail import assemble_mail

        return assemble_mail(
            self.settings,
            self.ports,
            conversations=self.conversations,
            customers=self.customers,
            accept_message=self.accept_message,
            attached_files=self.attached_files,
            broadcast=self.broadcast,
            sites=self.sites,
            people=self.people,
            ticket_log=self.ticket_log,
            outcomes=self.outgoing_mail.outcomes,
        )

    @cached_property
    def mail_people(self) -> MailPeople:
        """What people do with mails."""
        from firstline.mail_people import assemble_mail_people

        return assemble_mail_people(
            self.settings,
            self.ports,
            conversations=self.conversations,
            customers=self.customers,
            ownership=self.ownership,
            turns=self.turns,
            log=self.ticket_log,
        )

    @property
    def can_mail(self) -> bool:
        """Whether visitors can be sent mail; asked by every page that carries the widget, so nothing is made for it."""
        return self.ports.mailer is not None and bool(self.settings.mail_sender)

    def _of_person(self, conversation: Conversation, event: Event, by: str) -> list[Operation]:
        followed = self.ticket_log.follow.of_person(conversation, event, by)
        return [*followed, *self.visitors.mail_customer.of_person(conversation, event, by)]

    @property
    def hand_over(self) -> HandOver:
        """Gives a conversation to people."""
        return self.people.hand_over

    @property
    def tickets(self) -> TicketRepository:
        """Tickets as they are stored."""
        return self.ticket_log.repository

    @cached_property
    def ticketing(self) -> Ticketing:
        """Tickets, and the events that leave."""
        from firstline.tickets import assemble_ticketing

        return assemble_ticketing(
            self.ticket_log,
            self.settings,
            self.ports,
            customers=self.customers,
            accept_message=self.accept_message,
            bot_paused=lambda: self.people.pause_bot.state().paused,
        )

    @cached_property
    def tooling(self) -> Tooling:
        """Tools and approvals."""
        from firstline.tools import assemble_tools

        return assemble_tools(
            self.settings,
            self.ports,
            conversations=self.conversations,
            turns=self.turns,
            counters=self.counters,
            broadcast=self.broadcast,
            tickets=self.ticketing.manage,
            search=self.search_knowledge,
            follow=self.ticket_log.follow,
            call_people=lambda approval: self.people.notify_people.of_approval(approval),
        )

    @cached_property
    def caches(self) -> Caches:
        """What is kept of searches and answers."""
        from firstline.answers import assemble_caches

        return assemble_caches(self.settings, self.ports, self.ingestion_reports)

    @property
    def search_knowledge(self) -> CachedSearch:
        """Searches the articles."""
        return self.caches.search

    @cached_property
    def answers(self) -> Answers:
        """What writes answers."""
        from firstline.answers import assemble_answers
        from firstline.domain.guard_result import ForeignAnswers
        from firstline.services.check_answer import CheckAnswer

        foreign = ForeignAnswers(self.settings.guard_foreign)
        return assemble_answers(
            self.settings,
            self.ports,
            choose_strategy=self.learning.choose,
            conversations=self.conversations,
            read_attachment=self.attached_files.read,
            caches=self.caches,
            checks=self.checks or CheckAnswer(own_addresses=[self.settings.public_url], foreign=foreign),
            tools=self.tooling.use,
            without_model=self.tooling.act_without_model,
        )

    @cached_property
    def understanding(self) -> ClassifyParts:
        """What classifies a message."""
        from firstline.understanding import assemble_understanding

        return assemble_understanding(self.settings, self.ports, self.own_intents, budget=lambda: self.answers.budget)

    @cached_property
    def sweep_turns(self) -> SweepTurns:
        """Starts again what was left."""
        from firstline.services.sweep_turns import SweepTurns

        engine, clock, most = self.ports.workflow_engine, self.ports.clock, self.settings.max_turn_attempts
        return SweepTurns(self.turns, engine, self.hand_over, clock=clock, max_attempts=most)

    @cached_property
    def memory(self) -> Memory:
        """What is known of customers."""
        from firstline.memory import assemble_memory

        return assemble_memory(
            self.settings,
            table=self.ports.table,
            conversations=self.conversations,
            customers=self.customers,
            clock=self.ports.clock,
            ids=self.ports.ids,
        )

    @cached_property
    def learning(self) -> Learning:
        """What learns which strategy answers."""
        from firstline.learning import assemble_learning

        return assemble_learning(
            self.settings,
            self.ports,
            conversations=self.conversations,
            customers=self.customers,
            ratings=self.ratings,
            tickets=self.tickets,
        )

    def of_rating(self, conversation_id: str, rating: Rating) -> None:
        """Tell the learner of a rating; where that fails, the nightly run reads it."""
        self.learning.rated(conversation_id, rating)

    @cached_property
    def graph(self) -> GraphRepository:
        """What customers and topics have to do with each other."""
        from firstline.repositories.graph import GraphRepository

        return GraphRepository(self.ports.table, retention_days=self.settings.retention_days)

    @cached_property
    def own_intents(self) -> OwnIntents:
        """The company's own intents and categories."""
        from firstline.understanding import assemble_own_intents

        return assemble_own_intents(self.ports)
