"""A whole stage on this machine: emulator, search node, and the stacks that the real CDK deploys to them."""

from __future__ import annotations

import contextlib
import platform
import signal
from collections.abc import Iterator
from pathlib import Path

import environment

from rehearsal.deployment import Deployment
from rehearsal.emulator import credentials, emulator, interpreter_version, search_node
from rehearsal.programs import Program, free_port

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class LocalStage:
    """Programs and deployment; ``stop`` ends all that was started."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        port = port or free_port()
        self.folder = folder
        self.endpoint = f"http://127.0.0.1:{port}"
        self.emulator = emulator(folder / "aws", port)
        node_port = free_port()
        self.node: Program = search_node(folder / "search", node_port)
        context = {
            "architecture": ARCHITECTURES[platform.machine()],
            "python": interpreter_version(),
            "search": "existing",
            "search_endpoint": f"http://127.0.0.1:{node_port}",
            "emulator_endpoint": self.endpoint,
        }
        self.deployment = Deployment(folder, context, credentials(self.endpoint))

    def start(self) -> None:
        """Start emulator and node. Raises ``ProgramError``."""
        self.emulator.start()
        self.node.start()

    def stop(self) -> None:
        """Stop both."""
        with contextlib.suppress(ProcessLookupError):
            if self.node.process:
                self.node.signal(signal.SIGCONT)
        self.node.stop()
        self.emulator.stop()

    @property
    def rest_url(self) -> str:
        """Address of the REST API."""
        return self.deployment.outputs["RestUrl"]

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
