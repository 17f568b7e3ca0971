"""Counters of the whole system in the text format of Prometheus."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from firstline.container import Container
from firstline.domain import counters
from firstline.domain.client_address import is_loopback
from firstline.domain.counters import parse_series_key
from firstline.domain.errors import NotAuthorizedError
from firstline.domain.identity import Role
from firstline.domain.ticket import TicketQueue
from firstline.repositories.counters import Counters
from firstline.repositories.model_spend import Spent
from firstline.web.access import PUBLIC, ContainerOfApp, UserToken
from firstline.web.client_address import address_of

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

router = APIRouter(tags=["health"], dependencies=[PUBLIC])


def may_read_metrics(request: Request, container: ContainerOfApp, credentials: UserToken) -> None:
    """Let in who holds METRICS_TOKEN, an admin, and, while that setting is empty, a laptop's own programs.

    Raises
    ------
    NotAuthorizedError
        Nobody of these.
    """
    needed = container.settings.metrics_token
    if credentials is None:
        if needed or not _is_of_this_machine(request, container):
            raise NotAuthorizedError("this needs METRICS_TOKEN, or an admin's access token, as a bearer token")
        return
    given = credentials.credentials
    if needed and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), needed.encode()):
        return
    if not container.identity.authenticate_user.principal(given).role.includes(Role.ADMIN):
        raise NotAuthorizedError("this needs METRICS_TOKEN, or an admin's access token, as a bearer token")


@router.get("/metrics", dependencies=[Depends(may_read_metrics)], response_class=Response)
def metrics(container: ContainerOfApp) -> Response:
    """Return what was counted in the whole system since its beginning, and how many sessions are active now."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        StoredCounters(container.counters, container.ticketing.manage.waiting, container.answers.budget.spent)
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class StoredCounters:
    """A Prometheus collector that reads the store, so that it tells of every process at once."""

    def __init__(self, stored: Counters, waiting: Callable[[TicketQueue], int], spent: Callable[[], Spent]) -> None:
        self._stored = stored
        self._waiting = waiting
        self._spent = spent

    def describe(self) -> list[Metric]:
        """Return nothing: what is collected is read when it is asked for, not when this is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, with no sample where nothing was counted yet. Raises ``StoreUnavailableError``."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        totals = self._stored.totals()
        parsed = [(parse_series_key(key), value) for key, value in sorted(totals.items())]
        for name, (meaning, labels) in counters.COUNTERS.items():
            family = CounterMetricFamily(name.removesuffix("_total"), meaning, labels=labels)
            for series, value in parsed:
                if series.name == name:
                    family.add_metric([series.labels.get(label, "") for label in labels], value)
            yield family
        buckets, sum_s = counters.duration_histogram(totals)
        yield HistogramMetricFamily(
            counters.DURATION,
            counters.DURATION_HELP,
            buckets=[(bound, float(counted)) for bound, counted in buckets],
            sum_value=sum_s,
        )
        meaning = "Conversations in which a customer has been answered in the last half hour"
        yield GaugeMetricFamily("active_sessions", meaning, value=self._stored.n_active())
        depth = GaugeMetricFamily("tickets_waiting", "Tickets that still are to be looked after", labels=["queue"])
        for queue in TicketQueue:
            depth.add_metric([queue.value], self._waiting(queue))
        yield depth
        meaning = "US dollars spent on the language model, or booked for it, in this day and month"
        spending, spent = GaugeMetricFamily("language_model_spend_usd", meaning, labels=["period"]), self._spent()
        spending.add_metric(["day"], spent.day / 1e6)
        spending.add_metric(["month"], spent.month / 1e6)
        yield spending


def _is_of_this_machine(request: Request, container: Container) -> bool:
    # A proxy on this machine would make everybody look so; those that say that they are one are told apart.
    proxied = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return container.settings.runtime == "local" and is_loopback(address_of(request.scope)) and not proxied
