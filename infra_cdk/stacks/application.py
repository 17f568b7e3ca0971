"""What changes with every release: functions, APIs, the support turn, schedules, canaries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from infra_cdk.app_constructs.canary import Canaries
from infra_cdk.app_constructs.canary_alarms import CanaryAlarms
from infra_cdk.app_constructs.function_environment import environment_values, of_record
from infra_cdk.app_constructs.grants import Grants
from infra_cdk.app_constructs.layers import Layers
from infra_cdk.app_constructs.python_function import PythonFunction
from infra_cdk.app_constructs.rest_api import RestApi
from infra_cdk.app_constructs.schedule import Schedule
from infra_cdk.app_constructs.service_alarms import PERIOD, ServiceAlarms
from infra_cdk.app_constructs.shared_value import Shared, read
from infra_cdk.app_constructs.socket_api import SocketApi
from infra_cdk.app_constructs.support_turn import SupportTurn
from infra_cdk.app_constructs.work_queue import DeadLetterQueue
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import FUNCTIONS
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.search import SearchStack

SWEEP_EVERY = Duration.minutes(1)
SYNC_EVERY = Duration.minutes(30)
LEARN_EVERY = Duration.days(1)


class ApplicationStack(Stack):
    """Every function of ``function_records``, wired by its record."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        data: DataStack,
        search: SearchStack,
        layers: Path,
        **rest: Any,
    ) -> None:
        super().__init__(scope, id, **rest)
        self._configuration = configuration
        self.rest = RestApi(self, "Rest", configuration=configuration)
        self.sockets = SocketApi(self, "Sockets", configuration=configuration)
        self.undelivered = DeadLetterQueue(self, "Undelivered").queue
        self._layers = Layers(self, "Layers", configuration=configuration, folder=layers).versions
        self._roles = search.roles
        self._anthropic_secret_arn = (
            read(self, configuration, Shared.ANTHROPIC_SECRET_ARN) if configuration.provider == "anthropic" else ""
        )
        values = environment_values(
            configuration,
            data=data,
            search_endpoint=configuration.search_endpoint or read(self, configuration, Shared.SEARCH_ENDPOINT),
            anthropic_secret_arn=self._anthropic_secret_arn,
            rest=self.rest,
            sockets=self.sockets,
        )
        # The state machine calls the workflow function, and all other functions may start it.
        self.functions = {"workflow": self._function("workflow", values)}
        self.turn = SupportTurn(
            self, "SupportTurn", configuration=configuration, workflow=self.functions["workflow"].target
        )
        values = {**values, "STATE_MACHINE_ARN": self.turn.machine.state_machine_arn}
        for record in FUNCTIONS:
            if record.name not in self.functions:
                self.functions[record.name] = self._function(record.name, values)
        self._grant(data)
        self.rest.serve(self.functions["api"].target)
        self.sockets.serve(self.functions["websocket"].target)
        self._follow_knowledge(data)
        self._follow_mail(data)
        self._schedules()
        self.alarms = self._alarms(data.alarm_topic)
        if configuration.deployment == "canary":
            self._canaries(data.alarm_topic)
        # Read by other stacks or not, as the context chooses: an export that goes while it is read cannot be deployed.
        for exported in (self.rest.api.api_id, self.rest.access_log.log_group_name):
            self.export_value(exported)
        CfnOutput(self, "RestUrl", value=self.rest.url)
        CfnOutput(self, "WebSocketUrl", value=self.sockets.url)
        CfnOutput(self, "UndeliveredArn", value=self.undelivered.queue_arn)
        CfnOutput(self, "StateMachineArn", value=self.turn.machine.state_machine_arn)

    def _function(self, name: str, values: Mapping[str, str]) -> PythonFunction:
        record = next(record for record in FUNCTIONS if record.name == name)
        role = self._roles.get(name)
        return PythonFunction(
            self,
            record.logical_name,
            configuration=self._configuration,
            record=record,
            environment=of_record(record, values, self._configuration.settings),
            layers=self._layers,
            dead_letters=self.undelivered if record.asynchronous else None,
            # As if it were not ours, so that what it may do is written in this stack.
            role=iam.Role.from_role_arn(self, f"{record.logical_name}SearchRole", role.role_arn) if role else None,
        )

    def _grant(self, data: DataStack) -> None:
        chosen = self._configuration
        grants = Grants(
            configuration=self._configuration,
            table=data.table,
            knowledge=data.knowledge_bucket,
            attachments=data.attachments_bucket,
            mail=data.mail.bucket,
            key_arn=read(self, chosen, Shared.KEY_ARN) if chosen.encryption == "customer" else None,
            anthropic_secret_arn=self._anthropic_secret_arn,
            secrets=data.secrets,
            sockets=self.sockets,
            state_machine_arn=self.turn.machine.state_machine_arn,
        )
        for function in self.functions.values():
            grants.apply(function.record.grants, function.role, self)

    def _follow_knowledge(self, data: DataStack) -> None:
        self.functions["ingest_knowledge"].target.add_event_source(
            sources.SqsEventSource(
                data.knowledge_changes, batch_size=10, report_batch_item_failures=True, max_concurrency=2
            )
        )

    def _follow_mail(self, data: DataStack) -> None:
        # One at a time: a mail that ends the function takes no other with it to the dead letters. Without a mail domain
        # nothing can come, and looking for it would cost.
        self.functions["email_intake"].target.add_event_source(
            sources.SqsEventSource(
                data.mail.arrivals,
                batch_size=1,
                report_batch_item_failures=True,
                max_concurrency=10,
                enabled=bool(self._configuration.mail_domain),
            )
        )

    def _schedules(self) -> None:
        Schedule(
            self,
            "SweepSchedule",
            description="unfinished turns and waiting notices",
            every=SWEEP_EVERY,
            function=self.functions["sweep"].target,
            event={},
            dead_letters=self.undelivered,
        )
        Schedule(
            self,
            "SyncSchedule",
            description="the whole bucket against the index",
            every=SYNC_EVERY,
            function=self.functions["ingest_knowledge"].target,
            event={"sync": True},
            dead_letters=self.undelivered,
        )
        Schedule(
            self,
            "LearnSchedule",
            description="settling of answers, and the night's figures",
            every=LEARN_EVERY,
            function=self.functions["learn"].target,
            event={},
            dead_letters=self.undelivered,
        )

    def _alarms(self, topic: sns.ITopic) -> dict[str, ServiceAlarms]:
        alarms = {
            name: ServiceAlarms(
                self,
                f"{self.functions[name].record.logical_name}Alarms",
                name=name,
                failures=failures,
                calls=calls,
                latency=latency,
            )
            # Of the APIs and not of their functions: these answer "500" without failing.
            for name, failures, calls, latency in (
                (
                    "api",
                    [self.rest.metric("5xx", period=PERIOD)],
                    [self.rest.metric("Count", period=PERIOD)],
                    self.rest.metric("Latency", period=PERIOD, statistic="p95"),
                ),
                (
                    "websocket",
                    [self.sockets.metric(f"{kind}Error", period=PERIOD) for kind in ("Integration", "Execution")],
                    [self.sockets.metric("MessageCount", period=PERIOD)],
                    # What a frame sets off is the support turn, watched below.
                    None,
                ),
            )
        }
        alarms["workflow"] = ServiceAlarms(
            self,
            "WorkflowAlarms",
            name="support turn",
            failures=[self.turn.failed_turns(PERIOD)],
            calls=[self.turn.metric("ExecutionsStarted", period=PERIOD)],
            latency=self.turn.metric("ExecutionTime", period=PERIOD, statistic="p95"),
        )
        for service in alarms.values():
            for alarm in service.all:
                _tell(topic, alarm)
        return alarms

    def _canaries(self, topic: sns.ITopic) -> None:
        canaries = Canaries(self, "Canaries")
        for name, alarms in self.alarms.items():
            function = self.functions[name]
            if function.alias:
                version = CanaryAlarms(self, f"{function.record.logical_name}Canary", function=function).all
                for alarm in version:
                    _tell(topic, alarm)
                canaries.watch(function.record.logical_name, function.alias, [*alarms.rolling_back, *version])


def _tell(topic: sns.ITopic, alarm: cloudwatch.Alarm) -> None:
    alarm.add_alarm_action(SnsAction(topic))
    alarm.add_ok_action(SnsAction(topic))
