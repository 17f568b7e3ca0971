"""The support turn: an Express state machine from statemachines/support_turn.asl.json."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

DEFINITION = Path(__file__).resolve().parents[2] / "statemachines" / "support_turn.asl.json"


class SupportTurn(Construct):
    """Calls what the workflow function's alias stands for; logs which state ran how long, never what it was given."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, workflow: lambda_.IFunction) -> None:
        super().__init__(scope, id)
        self._name = f"firstline-{configuration.stage}-support-turn"
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            # Step Functions writes only to groups whose names start so, once an account has many.
            log_group_name=f"/aws/vendedlogs/states/{self._name}",
            retention=logs.RetentionDays.THREE_MONTHS if configuration.is_prod else logs.RetentionDays.ONE_WEEK,
            removal_policy=removal_policy(configuration),
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._name,
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(DEFINITION.read_text(encoding="utf-8")),
            definition_substitutions={"WorkflowFunctionArn": workflow.function_arn},
            timeout=Duration.minutes(4),
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=self.log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        self.machine.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[workflow.function_arn])
        )
        # Most states that fail end in a handover, and their execution well: only the log tells.
        self._handed_over = self.log_group.add_metric_filter(
            "HandedOver",
            filter_pattern=logs.FilterPattern.all(
                logs.FilterPattern.string_value("$.type", "=", "TaskStateEntered"),
                logs.FilterPattern.string_value("$.details.name", "=", "HandOverToPerson"),
            ),
            metric_namespace="Firstline",
            metric_name=f"TurnsFailed-{configuration.stage}",
            metric_value="1",
        )
        acknowledge(
            self.machine,
            {
                "AwsSolutions-IAM5[Resource::*]": "Log delivery and X-Ray take no resource.",
            },
        )

    def metric(self, name: str, *, period: Duration, statistic: str = "Sum") -> cloudwatch.Metric:
        """Return one of Step Functions' metrics of this machine, such as ``ExecutionsStarted``."""
        # By its name, not by reference: an alarm on it takes back a version of what the machine itself refers to.
        arn = Stack.of(self).format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self._name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return cloudwatch.Metric(
            namespace="AWS/States",
            metric_name=name,
            dimensions_map={"StateMachineArn": arn},
            period=period,
            statistic=statistic,
        )

    def failed_turns(self, period: Duration) -> cloudwatch.IMetric:
        """Turns that a person got because a state failed, and executions that failed altogether; sums."""
        return cloudwatch.MathExpression(
            expression="SUM([FILL(handed, 0), FILL(failed, 0), FILL(late, 0)])",
            using_metrics={
                "handed": self._handed_over.metric(period=period, statistic="Sum"),
                "failed": self.metric("ExecutionsFailed", period=period),
                "late": self.metric("ExecutionsTimedOut", period=period),
            },
            period=period,
            label="turns that failed",
        )
