"""A Lambda function of ours from its record: runtime, processor, layers, logs, tracing, role."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import FunctionRecord

FUNCTIONS_FOLDER = Path(__file__).resolve().parents[2] / "functions"
_NOT_CODE = ["__init__.py", "__pycache__", "*.pyc"]
PROVISIONED = 1
CUSTOM_TOOLS = "custom_tools.yaml"
"""Beside the handler, where the company declares tools; JSON is YAML too."""
LIVE = "live"
"""Name of every function's alias."""


def runtime(version: str) -> lambda_.Runtime:
    """Return Lambda's runtime of this Python version."""
    return lambda_.Runtime(
        f"python{version}", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True, supports_snap_start=True
    )


def architecture(name: str) -> lambda_.Architecture:
    """Return Lambda's architecture by its name."""
    return lambda_.Architecture.ARM_64 if name == "arm64" else lambda_.Architecture.X86_64


class PythonFunction(Construct):
    """``function`` is what runs; ``target`` what is called: its alias, or the function itself without one.

    Parameters
    ----------
    environment : mapping
        Name to value, of every setting that the record names.
    role : IRole, optional
        Made here by default; functions that search bring theirs, because the search domain names it.
    dead_letters : IQueue, optional
        Gets what an asynchronous invocation could not work off.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        record: FunctionRecord,
        environment: Mapping[str, str],
        layers: Mapping[str, lambda_.ILayerVersion],
        dead_letters: sqs.IQueue | None = None,
        role: iam.IRole | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.record = record
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS if configuration.is_prod else logs.RetentionDays.ONE_WEEK,
            removal_policy=removal_policy(configuration),
        )
        self.role = role or function_role(self, "Role")
        self.log_group.grant_write(self.role)
        waited_for = record.visitor_waits
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Firstline: {record.purpose}",
            runtime=runtime(configuration.python),
            architecture=architecture(configuration.architecture),
            code=_code(record, configuration.custom_tools if "CUSTOM_TOOLS_PATH" in record.settings else ""),
            handler="handler.lambda_handler",
            layers=[layers[name] for name in record.layers],
            memory_size=record.memory_mb,
            timeout=Duration.seconds(record.timeout_s),
            environment=dict(environment),
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE if record.traced else lambda_.Tracing.PASS_THROUGH,
            dead_letter_queue=dead_letters,
            # Those before stay in prod: a person may point the alias back at one.
            current_version_options=lambda_.VersionOptions(removal_policy=removal_policy(configuration)),
            reserved_concurrent_executions=(configuration.reserved_concurrency or None) if waited_for else None,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
            if waited_for and configuration.warm == "snapstart"
            else None,
        )
        self.target: lambda_.IFunction = self.function
        self.alias: lambda_.Alias | None = None
        if configuration.deployment != "direct":
            self.alias = lambda_.Alias(
                self,
                "Live",
                alias_name=LIVE,
                version=self.function.current_version,
                provisioned_concurrent_executions=PROVISIONED
                if waited_for and configuration.warm == "provisioned"
                else None,
            )
            self.target = self.alias
        acknowledge(self, {"AwsSolutions-L1": "The newest Python for which every dependency has wheels; see cdk.json."})


def function_role(scope: Construct, id: str) -> iam.Role:
    """Return a role that Lambda may take, and that may do nothing yet."""
    return iam.Role(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def _code(record: FunctionRecord, custom_tools: str) -> lambda_.Code:
    folder = FUNCTIONS_FOLDER / record.name
    if not custom_tools:
        return lambda_.Code.from_asset(str(folder), exclude=_NOT_CODE)
    # A change of the file is a change of the function's code: deployed as carefully, and rolled back with it.
    packed = Path(tempfile.mkdtemp(prefix="firstline-"))
    atexit.register(shutil.rmtree, packed, ignore_errors=True)
    shutil.copytree(folder, packed, ignore=shutil.ignore_patterns(*_NOT_CODE), dirs_exist_ok=True)
    shutil.copyfile(custom_tools, packed / CUSTOM_TOOLS)
    return lambda_.Code.from_asset(str(packed))
