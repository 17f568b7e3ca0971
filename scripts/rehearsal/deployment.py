"""What scripts/cdk makes of infra_cdk: deployed, read, updated and destroyed, on the emulator of this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

import environment
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
# A turn that was killed is started again soon, and all visitors have one address.
SETTINGS = {"TURN_LEASE_S": "20", "MAX_SESSIONS_PER_MINUTE": "0", "MAX_REQUESTS_PER_MINUTE": "0"}
_SHOWN_CHARACTERS = 4_000
_COPIED = ("functions", "infra_cdk", "statemachines")
_LINKED = (".env.example", "build", "layers", "scripts")


class Deployment:
    """The stacks of one stage.

    Parameters
    ----------
    folder : Path
        Where the CDK's log and output go.
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
        return self.session.client(service, endpoint_url=self._endpoint)

    def synthesise(self) -> None:
        """Build the layers and synthesise. Raises ``CheckFailedError``."""
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
        """Deploy a copy of the repository in which code was added to a function. Raises ``CheckFailedError``."""
        copy = self._folder / "changed"
        for name in _COPIED:
            shutil.copytree(environment.ROOT / name, copy / name)
        for name in _LINKED:
            (copy / name).symlink_to(environment.ROOT / name)
        with (copy / "functions" / function / "handler.py").open("a", encoding="utf-8") as handler:
            handler.write(code)
        self._cdk(*self._deploy_all(), *self._chosen(), PYTHONPATH=str(copy))

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
        """Start every function once, so that its layers are unpacked, as Lambda has done when it is first called."""
        client, names = self.client("lambda"), self.names("AWS::Lambda::Function")

        def start(name: str) -> None:
            # Not an event of any of them: whether it is refused does not matter.
            client.invoke(FunctionName=name, Qualifier="live", Payload=b"{}")

        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(start, names))
        return len(names)

    @property
    def _assembly(self) -> Path:
        return self._folder / "assembly"

    def _deploy_all(self) -> list[str]:
        again = self._folder / "assembly-again"
        return ["deploy", "--all", "--require-approval", "never", "--output", str(again)]

    def _chosen(self) -> list[str]:
        context = {**LEFT_OUT, "settings": json.dumps(SETTINGS), **self._context}
        return [argument for name, value in context.items() for argument in ("-c", f"{name}={value}")]

    def _cdk(self, *arguments: str, **environ: str) -> str:
        """Run ``scripts/cdk`` and return what it printed, which goes to ``cdk.log`` too."""
        command = [sys.executable, str(environment.ROOT / "scripts" / "cdk"), *arguments]
        done = subprocess.run(  # noqa: S603 - the repository's own script
            command,
            env={**self._environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
        with (self._folder / "cdk.log").open("a", encoding="utf-8") as log:
            log.write(f"$ cdk {arguments[0]}\n{done.stdout}\n")
        if done.returncode:
            raise CheckFailedError(f"cdk {arguments[0]} failed:\n{done.stdout[-_SHOWN_CHARACTERS:]}")
        return done.stdout
