"""Tell people that a budget of the language model is used up to a share: by mail and webhook, each alert once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from firstline.domain.errors import DeliveryError
from firstline.domain.mailer import Envelope
from firstline.domain.model_spend import BudgetAlert
from firstline.domain.notice_ports import Webhooks
from firstline.domain.notices import DELIVERY_HEADER, SIGNATURE_HEADER, NoticeChannel, signature
from firstline.domain.ports import Clock, Mailer
from firstline.domain.table import Operation
from firstline.repositories.budget_alerts import BudgetAlertRepository, WaitingAlert
from firstline.services.notify_people import NoticeSettings

MAX_ATTEMPTS = 8
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class BudgetAlertReport:
    """What one round did."""

    delivered: int = 0
    failed: int = 0
    dead: tuple[str, ...] = ()
    """Ids of the deliveries that were given up."""


class TellBudget:
    """At least once per alert and channel; each delivery carries an id by which receivers drop repeats.

    An alert is written with the mark that keeps it from being given twice, and delivered by the sweep.

    Parameters
    ----------
    on_failure : callable
        Told of the delivery's id and the error whenever one fails, to log it.
    """

    def __init__(
        self,
        alerts: BudgetAlertRepository,
        mailer: Mailer | None,
        webhooks: Webhooks | None,
        settings: NoticeSettings,
        *,
        clock: Clock,
        on_failure: Callable[[str, DeliveryError], None],
    ) -> None:
        self._alerts = alerts
        self._mailer = mailer
        self._webhooks = webhooks
        self._settings = settings
        self._clock = clock
        self._on_failure = on_failure

    def operations(self, alert: BudgetAlert) -> list[Operation]:
        """Return the operations that put an alert in line, one for each channel that is on."""
        now = self._clock.now()
        return [self._alerts.added(alert, channel, now=now) for channel in self._settings.channels]

    def deliver_due(self) -> BudgetAlertReport:
        """Deliver every alert whose time has come; one that fails holds up no other."""
        delivered, failed, dead = 0, 0, list[str]()
        for due in self._alerts.due(now=self._clock.now()):
            waiting = self._alerts.take_up(due, now=self._clock.now())
            if waiting is None:
                continue
            try:
                self._deliver(waiting)
            except DeliveryError as error:
                failed += 1
                self._on_failure(waiting.delivery_id, error)
                if waiting.attempts >= MAX_ATTEMPTS:
                    self._alerts.bury(waiting)
                    dead.append(waiting.delivery_id)
                else:
                    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << (waiting.attempts - 1)))
                    self._alerts.put_off(waiting, until=self._clock.now() + pause)
                continue
            self._alerts.drop(waiting)
            delivered += 1
        return BudgetAlertReport(delivered, failed, tuple(dead))

    def _deliver(self, waiting: WaitingAlert) -> None:
        if waiting.channel is NoticeChannel.EMAIL:
            self._mail(waiting)
        else:
            self._post(waiting)

    def _mail(self, waiting: WaitingAlert) -> None:
        if self._mailer is None or not self._settings.email:
            raise DeliveryError("no mail can be sent: NOTIFY_EMAIL or its transport is not set")
        sender, recipients = self._settings.sender or self._settings.email[0], self._settings.email
        message = budget_mail(waiting, sender=sender, recipients=recipients, now=self._clock.now())
        self._mailer.send(message, Envelope(sender, recipients))

    def _post(self, waiting: WaitingAlert) -> None:
        if self._webhooks is None or not self._settings.webhook_url:
            raise DeliveryError("no webhook can be posted: NOTIFY_WEBHOOK_URL is not set")
        alert, timestamp = waiting.alert, int(self._clock.now().timestamp())
        body = json.dumps(
            {
                "event": "budget_alert",
                "delivery_id": waiting.delivery_id,
                "period": alert.period,
                "percent": alert.percent,
                "limit_usd": alert.limit_usd,
                "spent_usd": alert.spent_usd,
            },
            separators=(",", ":"),
        ).encode()
        headers = {DELIVERY_HEADER: waiting.delivery_id}
        if self._settings.webhook_secret:
            headers[SIGNATURE_HEADER] = signature(self._settings.webhook_secret, timestamp, body)
        self._webhooks.post(self._settings.webhook_url, body, headers=headers)


def budget_mail(waiting: WaitingAlert, *, sender: str, recipients: tuple[str, ...], now: datetime) -> bytes:
    """Return an alert as an RFC 5322 message; its ``Message-ID`` is made of the delivery's id."""
    alert = waiting.alert
    is_used_up = alert.percent >= 100
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    used = "is used up" if is_used_up else f"is used to {alert.percent} %"
    message["Subject"] = f"The language model's budget of {alert.period} {used}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{waiting.delivery_id}@{sender.rpartition('@')[2].strip(' >') or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message[DELIVERY_HEADER] = waiting.delivery_id
    setting = "MONTHLY_BUDGET_USD" if len(alert.period) == len("2026-06") else "DAILY_BUDGET_USD"
    then = (
        "Until the period ends, answers are written without the model, from the articles' own sentences."
        if is_used_up
        else "At 100 % answers will be written without the model, from the articles' own sentences."
    )
    message.set_content(
        f"Spent or booked: {alert.spent_usd:.2f} of {alert.limit_usd:.2f} US dollars ({setting}).\n\n{then}\n"
    )
    return message.as_bytes()
