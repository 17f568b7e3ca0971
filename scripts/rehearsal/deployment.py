"""What scripts/cdk makes of infra_cdk: deployed, read, updated and destroyed, on the emulator of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import cdk_tools
import environment
from setup_steps import SetupError

import layers
from rehearsal.checking import CheckFailedError, check
from rehearsal.emulator import ACCOUNT, REGION

TIMEOUT_S = 420
# What the emulator lacks; template assertions cover it, see README.md.
LEFT_OUT = {
    "deployment": "all_at_once",
    "monthly_budget_usd": "0",
    "edge": "false",
    "health_check": "false",
    "saved_queries": "false",
}
MAIL_DOMAIN, SUPPORT_ADDRESS = "acme.example", "support@help.acme.example"
# A turn that was killed is started again soon, all visitors have one address, and webhooks go to this machine.
SETTINGS = {
    "TURN_LEASE_S": "20",
    "MAX_SESSIONS_PER_MINUTE": "0",
    "MAX_REQUESTS_PER_MINUTE": "0",
    # Which conversations are in the holdout depends on their ids.
    "RL_HOLDOUT_SHARE": "0",
    "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1",
    "SUPPORT_ADDRESS": SUPPORT_ADDRESS,
    # Without a model an answer is made of sentences, of which the code is less sure than it has to be.
    "MAIL_MIN_CONFIDENCE": "0.2",
}
_SHOWN_CHARACTERS = 4_000
_SOURCES = ("functions", "infra_cdk", "layers", "statemachines")
_NO_SOURCE = shutil.ignore_patterns("__pycache__", "cdk.out", ".*")


class Deployment:
    """The stacks of one stage.

    Parameters
    ----------
    folder : Path
        Where a copy of the repository's sources goes, which the CDK works on, and its log.
    context : mapping
        What is put in place of ``cdk.json``'s values.
    environ : mapping
        Credentials and address of AWS.
    """

    def __init__(self, folder: Path, context: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._context = context
        self._environ = {**os.environ, **environ, "CDK_HOME": str(folder / "home")}
        self.session = boto3.Session(
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
            region_name=environ["AWS_REGION"],
        )
        self._endpoint = environ["AWS_ENDPOINT_URL"]

    def client(self, service: str) -> Any:
        """Return a client of an AWS service of the emulator."""
        # The stubs know services by literal names only.
        make: Callable[..., Any] = self.session.client
        return make(service, endpoint_url=self._endpoint)

    def prepare(self) -> None:
        """Build the layers, copy the sources and synthesise. Raises ``CheckFailedError``."""
        target = layers.Target(self._context["architecture"], self._context["python"])
        try:
            layers.build(target)
        except SetupError as error:
            raise CheckFailedError(f"the layers could not be built: {error}") from error
        for name in _SOURCES:
            shutil.copytree(environment.ROOT / name, self._source / name, ignore=_NO_SOURCE)
        shutil.copyfile(environment.ROOT / ".env.example", self._source / ".env.example")
        built = self._source / target.folder.relative_to(environment.ROOT)
        shutil.copytree(target.folder, built)
        self._cdk("synth", "--quiet", "--output", str(self._assembly), *self._chosen())

    def bootstrap(self) -> None:
        """Raises ``CheckFailedError``."""
        self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", str(self._assembly))

    def deploy(self) -> None:
        """Deploy what was synthesised. Raises ``CheckFailedError``."""
        self._cdk("deploy", "--all", "--require-approval", "never", "--app", str(self._assembly))
        self.__dict__.pop("outputs", None)

    def deploy_again(self) -> int:
        """Synthesise and deploy as if nothing had been deployed; return the stacks, all unchanged.

        Raises
        ------
        CheckFailedError
            It failed, or a stack changed.
        """
        told = self._cdk(*self._deploy_all(), *self._chosen())
        stacks = [line.strip() for line in told.splitlines() if "✅" in line]
        changed = [line for line in stacks if not line.endswith("(no changes)")]
        check(bool(stacks) and not changed, f"the second deployment changed something: {changed or told[-500:]}")
        return len(stacks)

    def deploy_changed(self, function: str, code: str) -> None:
        """Add code to a function and deploy. Raises ``CheckFailedError``."""
        with (self._source / "functions" / function / "handler.py").open("a", encoding="utf-8") as handler:
            handler.write(code)
        self._cdk(*self._deploy_all(), *self._chosen())

    def destroy(self) -> None:
        """Raises ``CheckFailedError``."""
        self._cdk("destroy", "--all", "--force", "--app", str(self._assembly))

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Outputs of all stacks by their names."""
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for stack in stacks for output in stack.get("Outputs", [])}

    def names(self, kind: str) -> list[str]:
        """Return the physical names of this kind of resources, such as ``AWS::Lambda::Function``, of all our stacks."""
        client = self.client("cloudformation")
        ours = [s["StackName"] for s in client.describe_stacks()["Stacks"] if s["StackName"].startswith("Firstline-")]
        resources = [
            resource
            for stack in ours
            for page in client.get_paginator("list_stack_resources").paginate(StackName=stack)
            for resource in page["StackResourceSummaries"]
        ]
        return [r["PhysicalResourceId"] for r in resources if r["ResourceType"] == kind]

    def upload(self, folder: Path) -> int:
        """Put a folder's files into the knowledge bucket; return how many."""
        client, bucket = self.client("s3"), self.outputs["KnowledgeBucketName"]
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files:
            client.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
        return len(files)

    def warm_up(self) -> int:
        """Start every function once, its layers unpacked as Lambda has done by then; return how many.

        Raises
        ------
        CheckFailedError
            One did not start.
        """
        client, names = self.client("lambda"), self.names("AWS::Lambda::Function")

        def start(name: str) -> None:
            # No function's event: that it is refused does not matter, but what refuses it must have been imported.
            told = client.invoke(FunctionName=name, Qualifier="live", Payload=b"{}")["Payload"].read().decode()
            check("Worker " not in told, f"{name} does not start: {told}")

        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(start, names))
        return len(names)

    @property
    def _source(self) -> Path:
        return self._folder / "source"

    @property
    def _assembly(self) -> Path:
        return self._folder / "assembly"

    def _deploy_all(self) -> list[str]:
        again = self._folder / "assembly-again"
        return ["deploy", "--all", "--require-approval", "never", "--output", str(again)]

    def _chosen(self) -> list[str]:
        context = {**LEFT_OUT, **self._context}
        return [argument for name, value in context.items() for argument in ("-c", f"{name}={value}")]

    def _cdk(self, *arguments: str) -> str:
        """Run the CDK on the copy of the sources and return what it printed, which goes to ``cdk.log`` too."""
        # Ours is installed from the repository itself: the copy comes first.
        ours = os.pathsep.join(map(str, (self._source, self._source / "layers" / "firstline" / "python")))
        try:
            done = subprocess.run(  # noqa: S603 - the CDK's own command line
                cdk_tools.command(*arguments),
                env={**self._environ, **cdk_tools.environ(), "PYTHONPATH": ours},
                cwd=self._source / "infra_cdk",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as late:
            raise CheckFailedError(f"cdk {arguments[0]} took longer than {TIMEOUT_S} s") from late
        with (self._folder / "cdk.log").open("a", encoding="utf-8") as log:
            log.write(f"$ cdk {arguments[0]}\n{done.stdout}\n")
        if done.returncode:
            raise CheckFailedError(f"cdk {arguments[0]} failed:\n{done.stdout[-_SHOWN_CHARACTERS:]}")
        return done.stdout
