"""Questions that people ask of the logs, kept in Logs Insights."""

from __future__ import annotations

from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.configuration import Configuration
from infra_cdk.stacks.application import ApplicationStack

NODE_TIMES = (
    "filter type like /^TaskState(Entered|Exited)$/ "
    "| stats max(event_timestamp) - min(event_timestamp) as took_ms by execution_arn, details.name as node "
    "| stats count(*) as turns, pct(took_ms, 50) as p50_ms, pct(took_ms, 95) as p95_ms by node"
)
ONE_CONVERSATION = (
    "fields @timestamp, @log, level, message, turn_id, correlation_id, error "
    '| filter conversation_id = "PUT-THE-CONVERSATION-ID-HERE" | sort @timestamp asc | limit 500'
)
ERRORS = (
    "fields @timestamp, @log, message, error, turn_id, conversation_id "
    '| filter level in ["ERROR", "CRITICAL", "WARNING"] | stats count(*) as lines by message, error | sort lines desc'
)
SLOW_TURNS = (
    "fields @timestamp, turn_id, conversation_id, processing_time_ms, model, category "
    '| filter message = "turn answered" '
    "| sort processing_time_ms desc | limit 50"
)
MODEL_SPEND = (
    'filter message = "turn answered" | stats sum(cost_usd) as usd, sum(input_tokens) as input, '
    "sum(output_tokens) as output, count(*) as turns by bin(1h), model"
)
REFUSED = "filter status >= 400 | stats count(*) as calls by status, path | sort calls desc"


class SavedQueries(Construct):
    """Each over the log groups that can answer it."""

    def __init__(
        self, scope: Construct, id: str, *, configuration: Configuration, application: ApplicationStack
    ) -> None:
        super().__init__(scope, id)
        functions = [function.log_group for function in application.functions.values()]
        workflow = [application.functions["workflow"].log_group]
        for name, text, groups in (
            ("node times", NODE_TIMES, [application.turn.log_group]),
            ("one conversation", ONE_CONVERSATION, functions),
            ("errors", ERRORS, functions),
            ("slow turns", SLOW_TURNS, workflow),
            ("model spend", MODEL_SPEND, workflow),
            ("refused requests", REFUSED, [application.rest.access_log]),
        ):
            logs.CfnQueryDefinition(
                self,
                name.title().replace(" ", ""),
                name=f"firstline-{configuration.stage}/{name}",
                query_string=text,
                log_group_names=[group.log_group_name for group in groups],
            )
