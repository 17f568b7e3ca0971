"""A new version gets 5 % of the calls for 5 minutes, and all of them if no alarm sounds."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge

PERCENT, MINUTES = 5, 5


class Canaries(Construct):
    """One CodeDeploy application; ``watch`` adds an alias with the alarms that take its new version back."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._application = codedeploy.LambdaApplication(self, "Application")
        self._config = codedeploy.LambdaDeploymentConfig(
            self,
            "FivePercent",
            traffic_routing=codedeploy.TimeBasedCanaryTrafficRouting(
                percentage=PERCENT, interval=Duration.minutes(MINUTES)
            ),
        )

    def watch(self, id: str, alias: lambda_.Alias, alarms: Sequence[cloudwatch.IAlarm]) -> None:
        """Deploy the alias by canary, rolled back when one of the alarms sounds."""
        group = codedeploy.LambdaDeploymentGroup(
            self,
            id,
            application=self._application,
            alias=alias,
            deployment_config=self._config,
            alarms=list(alarms),
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        acknowledge(
            group,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AWSCodeDeployRoleForLambdaLimited]": "AWS keeps it to what shifting a Lambda alias needs."
            },
        )
