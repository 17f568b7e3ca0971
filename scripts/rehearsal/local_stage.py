"""A whole stage on this machine: emulator, search node, and the stacks that the real CDK deploys to them."""

from __future__ import annotations

import contextlib
import json
import platform
import signal
from collections.abc import Iterator
from pathlib import Path

import environment

from rehearsal.deployment import MAIL_DOMAIN, SETTINGS, Deployment
from rehearsal.emulator import SENT, credentials, emulator, interpreter_version, search_node
from rehearsal.issuer import AUDIENCE, Issuer
from rehearsal.programs import Program, free_port

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class LocalStage:
    """Programs and deployment; ``stop`` ends all that was started."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        port = port or free_port()
        self.folder = folder
        self.endpoint = f"http://127.0.0.1:{port}"
        self.issuer = Issuer()
        self.emulator = emulator(folder / "aws", port)
        node_port = free_port()
        self.node: Program = search_node(folder / "search", node_port)
        context = {
            "architecture": ARCHITECTURES[platform.machine()],
            "python": interpreter_version(),
            "search": "existing",
            "search_endpoint": f"http://127.0.0.1:{node_port}",
            "emulator_endpoint": self.endpoint,
            "mail_domain": MAIL_DOMAIN,
            "settings": json.dumps({**SETTINGS, "OIDC_ISSUER": self.issuer.url, "OIDC_AUDIENCE": AUDIENCE}),
        }
        self.deployment = Deployment(folder, context, credentials(self.endpoint))

    def start(self) -> None:
        """Start emulator and node. Raises ``ProgramError``."""
        self.emulator.start()
        self.node.start()

    def stop(self) -> None:
        """Stop all."""
        # Pressed again, ctrl-C would leave one of them behind.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            if self.node.process:
                # What is held in the middle of a check could not end.
                self.node.send_signal(signal.SIGCONT)
            self.node.stop()
            self.emulator.stop()
            self.issuer.stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def rest_url(self) -> str:
        """Address of the REST API."""
        return self.deployment.outputs["RestUrl"]

    @property
    def sent_mail(self) -> Path:
        """Folder of the mails that were sent."""
        return self.folder / "aws" / SENT

    def upload_knowledge(self) -> int:
        """Put the repository's knowledge into the bucket; return how many files."""
        return self.deployment.upload(environment.ROOT / "knowledge")


@contextlib.contextmanager
def local_stage(folder: Path, port: int = 0) -> Iterator[LocalStage]:
    """Yield a stage whose programs run; stop them at the end. Raises ``ProgramError``."""
    stage = LocalStage(folder, port)
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()
