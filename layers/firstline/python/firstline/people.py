"""The people's side of a running Firstline: who owns a conversation, how people are called, the bot's switch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.business_hours import BusinessHours
from firstline.domain.errors import DeliveryError
from firstline.domain.notices import Notice
from firstline.domain.service_levels import ServiceLevels
from firstline.observability import logger
from firstline.ports import Ports
from firstline.repositories.agents import AgentRepository
from firstline.repositories.answer_drafts import AnswerDraftRepository
from firstline.repositories.approvals import ApprovalRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.bot_switch import BotSwitchRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.outbox import OutboxRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.repositories.tickets import TicketRepository
from firstline.repositories.turns import TurnRepository
from firstline.repositories.waiting_line import WaitingLine
from firstline.services.answer_as_person import AnswerAsPerson, OnSaid
from firstline.services.broadcast import Broadcast
from firstline.services.hand_over import HandOver
from firstline.services.manage_sites import ManageSites
from firstline.services.notify_people import NoticeSettings, NotifyPeople
from firstline.services.own_conversation import OwnConversation
from firstline.services.pause_bot import PauseBot
from firstline.services.publish_events import PublishEvents
from firstline.services.receipt import Receipts
from firstline.services.send_draft import SendDraft
from firstline.services.team_hours import TeamHours, TeamTimes
from firstline.settings import Settings


@dataclass(frozen=True)
class People:
    """Services and repositories of the people's side."""

    agents: AgentRepository
    ownership: OwnershipRepository
    own_conversation: OwnConversation
    answer_as_person: AnswerAsPerson
    pause_bot: PauseBot
    notify_people: NotifyPeople
    hand_over: HandOver
    team_hours: TeamHours
    send_draft: SendDraft


def assemble_people(
    settings: Settings,
    ports: Ports,
    *,
    ownership: OwnershipRepository,
    conversations: ConversationRepository,
    turns: TurnRepository,
    tickets: TicketRepository,
    receipts: Receipts,
    broadcast: Broadcast,
    sites: ManageSites,
    waiting_line: WaitingLine,
    publish: PublishEvents,
    on_said: OnSaid,
) -> People:
    """Build the people's side. Raises ``InvalidBusinessHoursError``."""
    table, engine, clock, ids = ports.table, ports.workflow_engine, ports.clock, ports.ids
    agents, audit = AgentRepository(table), AuditRepository()
    drafts = AnswerDraftRepository(table, retention_days=settings.retention_days)
    hours = BusinessHours.parse(settings.business_hours, settings.business_time_zone, settings.holidays)
    team_hours = TeamHours(sites, TeamTimes(hours, settings.offline_message))
    notify_people = NotifyPeople(
        OutboxRepository(table, retention_days=settings.retention_days),
        conversations,
        tickets,
        ApprovalRepository(table, retention_days=settings.retention_days),
        ports.mailer,
        ports.webhooks,
        notice_settings(settings),
        team_hours,
        clock=clock,
        ids=ids,
        on_failure=_log_failure,
    )
    own_conversation = OwnConversation(
        ownership,
        conversations,
        turns,
        tickets,
        agents,
        audit,
        broadcast,
        engine,
        clock=clock,
        ids=ids,
        publish=publish,
    )
    answer_as_person = AnswerAsPerson(
        ownership,
        conversations,
        agents,
        broadcast,
        clock=clock,
        max_characters=settings.max_message_characters,
        on_said=on_said,
    )
    return People(
        agents=agents,
        ownership=ownership,
        own_conversation=own_conversation,
        answer_as_person=answer_as_person,
        pause_bot=PauseBot(table, BotSwitchRepository(table), audit, clock=clock, ids=ids),
        notify_people=notify_people,
        hand_over=HandOver(
            conversations,
            turns,
            tickets,
            receipts,
            broadcast,
            notify_people,
            team_hours=team_hours,
            waiting_line=waiting_line,
            levels=ServiceLevels.parse(settings.ticket_first_response_hours, settings.ticket_resolution_hours),
            drafts=drafts,
            clock=clock,
            ids=ids,
        ),
        team_hours=team_hours,
        send_draft=SendDraft(
            table,
            drafts,
            conversations,
            turns,
            own_conversation,
            answer_as_person,
            audit,
            clock=clock,
            ids=ids,
            max_characters=settings.max_message_characters,
        ),
    )


def notice_settings(settings: Settings) -> NoticeSettings:
    """Return whom to call and how."""
    return NoticeSettings(
        email=settings.team_addresses,
        sender=settings.mail_from,
        webhook_url=settings.notify_webhook_url,
        webhook_secret=settings.notify_webhook_secret,
        public_url=settings.public_url,
        remind_after=timedelta(minutes=settings.handover_reminder_minutes),
    )


def _log_failure(notice: Notice, error: DeliveryError) -> None:
    logger.warning(
        "notice not delivered",
        extra={"notice_id": notice.notice_id, "channel": notice.channel.value, "attempt": notice.attempts}
        | {"reason": str(error)},
    )
