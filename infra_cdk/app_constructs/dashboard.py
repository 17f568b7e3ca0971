"""One page: is it up, how fast and how well are turns answered, node by node, and what waits."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.app_constructs.mail_alarms import reputation
from infra_cdk.app_constructs.outside_probe import OutsideProbe
from infra_cdk.app_constructs.resource_alarms import throttled_requests
from infra_cdk.app_constructs.saved_queries import ERRORS, NODE_TIMES
from infra_cdk.app_constructs.usage_alarms import told
from infra_cdk.configuration import Configuration
from infra_cdk.stacks.application import ApplicationStack
from infra_cdk.stacks.data import DataStack

PERIOD = Duration.minutes(5)
_HALF, _WHOLE = 12, 24


class Dashboard(Construct):
    """Named after the stage."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        data: DataStack,
        application: ApplicationStack,
        probe: OutsideProbe | None,
    ) -> None:
        super().__init__(scope, id)
        turn = application.turn
        functions = application.functions.values()
        targets = {function.record.name: function.target for function in functions}
        rows: list[list[cloudwatch.IWidget]] = [
            [
                _graph(
                    "Turns: started, failed",
                    [turn.metric("ExecutionsStarted", period=PERIOD), turn.failed_turns(PERIOD)],
                ),
                _graph(
                    "A turn from end to end, ms",
                    [
                        turn.metric("ExecutionTime", period=PERIOD, statistic=statistic)
                        for statistic in ("p50", "p95", "p99")
                    ],
                ),
            ],
            [
                cloudwatch.LogQueryWidget(
                    title="The turn node by node",
                    log_group_names=[turn.log_group.log_group_name],
                    query_string=NODE_TIMES,
                    width=_WHOLE,
                )
            ],
            [
                _graph(
                    "Calls of functions",
                    [_of(name, t.metric_invocations(period=PERIOD)) for name, t in targets.items()],
                ),
                _graph(
                    "Errors of functions", [_of(name, t.metric_errors(period=PERIOD)) for name, t in targets.items()]
                ),
            ],
            [
                _graph(
                    "Duration of functions, p95 ms",
                    [_of(name, t.metric_duration(period=PERIOD, statistic="p95")) for name, t in targets.items()],
                ),
                _graph(
                    "Waiting and given up",
                    [
                        _of(name, queue.metric_approximate_number_of_messages_visible(period=PERIOD))
                        for name, queue in (
                            ("changes", data.knowledge_changes),
                            ("changes given up", data.knowledge_dead_letters),
                            ("undelivered", application.undelivered),
                        )
                    ],
                ),
            ],
            [
                _graph(
                    "Table: throttled requests",
                    [throttled_requests(data.table, PERIOD)],
                ),
                _graph("Availability from outside, %", [probe.availability] if probe else []),
            ],
            [
                _graph("Language model, micro-dollars", [_told("ModelCostMicroUSD", configuration, "Sum")]),
                _graph(
                    "Tickets that wait",
                    [_told(f"TicketsWaitingFor{who}", configuration, "Maximum") for who in ("People", "Assistant")],
                ),
            ],
            *_mail_rows(configuration, data),
            [
                cloudwatch.LogQueryWidget(
                    title="Warnings and errors",
                    log_group_names=[function.log_group.log_group_name for function in functions],
                    query_string=ERRORS,
                    width=_WHOLE,
                )
            ],
        ]
        cloudwatch.Dashboard(self, "Page", dashboard_name=f"firstline-{configuration.stage}", widgets=rows)


def _mail_rows(configuration: Configuration, data: DataStack) -> list[list[cloudwatch.IWidget]]:
    if not configuration.mail_domain:
        return []
    arrivals, given_up = data.mail.arrivals, data.mail.dead_letters
    return [
        [
            _graph(
                "Mail: taken in, waiting, given up",
                [
                    _of("taken in", arrivals.metric_number_of_messages_deleted(period=PERIOD)),
                    _of("waiting", arrivals.metric_approximate_number_of_messages_visible(period=PERIOD)),
                    _of("given up", given_up.metric_approximate_number_of_messages_visible(period=PERIOD)),
                ],
            ),
            _graph(
                "Mail of ours: share that bounces, that is complained of",
                [_of(kind.lower(), reputation(kind, configuration)) for kind in ("Bounce", "Complaint")],
            ),
        ]
    ]


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)


def _told(name: str, configuration: Configuration, statistic: str) -> cloudwatch.Metric:
    return told(name, configuration.stage, period=PERIOD, statistic=statistic)


def _of(label: str, metric: cloudwatch.Metric) -> cloudwatch.Metric:
    return metric.with_(label=label)
