"""The AWS emulator and the search node of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import environment
import opensearch_parts

from rehearsal.programs import Program

ACCOUNT = "111122223333"
REGION = "us-east-1"
HEAP = "512m"
SENT = "sent"
"""Folder of the mails that were sent, the oldest first by name."""
_LAUNCHER = Path(__file__).resolve().with_name("emulator_launcher.py")


def emulator(folder: Path, port: int) -> Program:
    """Return the emulator, not started; nothing of it lies outside the folder, and it listens on 127.0.0.1 alone."""
    for name in ("layers", "temporary"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder / "temporary"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "INFO",
        "FIRSTLINE_EMULATOR_LAYERS": str(folder / "layers"),
        "FIRSTLINE_EMULATOR_SENT": str(folder / SENT),
    }
    return Program(
        name="the AWS emulator",
        command=[str(environment.MINISTACK.python), str(_LAUNCHER)],
        url=f"http://127.0.0.1:{port}/_ministack/health",
        log=folder / "emulator.log",
        environ=environ,
    )


def credentials(endpoint: str) -> dict[str, str]:
    """Return the environment by which any AWS client, the CDK too, speaks to the emulator and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        # The emulator takes the key for the account.
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "rehearsal",  # pragma: allowlist secret
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def search_node(folder: Path, port: int) -> Program:
    """Return an OpenSearch node, not started, whose data lie in the folder."""
    return Program(
        name="OpenSearch",
        command=opensearch_parts.command(folder, port, HEAP),
        url=f"http://127.0.0.1:{port}/_cluster/health?wait_for_status=yellow",
        log=folder / "node.log",
    )


def interpreter_version() -> str:
    """Return the version of the emulator's Python, by which it runs functions, such as ``3.11``."""
    told = subprocess.run(  # noqa: S603 - a program of the set-up
        [str(environment.MINISTACK.python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()
