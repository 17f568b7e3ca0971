"""Both knowledge indexes, the second on a real OpenSearch node that runs once per test session."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.domain.ports import KnowledgeIndex

ROOT = Path(__file__).resolve().parent.parent.parent
DIMENSIONS = 4
START_S = 90.0
QUICK_START = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""Without the optimising compiler a node is up with half the processor time: 9 s instead of 18."""


@contextmanager
def running_node(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node on a folder until the block ends; whoever kills it earlier may do so."""
    command = [sys.executable, str(ROOT / "scripts" / "opensearch"), "--port", str(port), "--home", str(home)]
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **QUICK_START})
    try:
        _wait(process, port, home / "log.txt")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def opensearch_parts() -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "opensearch", "--set-up"], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def opensearch_port(tmp_path_factory: pytest.TempPathFactory, opensearch_parts: None) -> Iterator[int]:
    port = free_port()
    with running_node(tmp_path_factory.mktemp("opensearch"), port):
        yield port


@pytest.fixture
def opensearch_client(opensearch_port: int) -> Iterator[OpenSearch]:
    with OpenSearch([{"host": "127.0.0.1", "port": opensearch_port}], max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture
def opensearch_index(opensearch_client: OpenSearch) -> Iterator[OpenSearchKnowledgeIndex]:
    name = f"knowledge-{uuid.uuid4().hex}"
    yield OpenSearchKnowledgeIndex(opensearch_client, name, dimensions=DIMENSIONS)
    opensearch_client.indices.delete(index=f"{name}*", ignore_unavailable=True)


@pytest.fixture(params=["sqlite", pytest.param("opensearch", marks=pytest.mark.opensearch)])
def index(request: pytest.FixtureRequest) -> KnowledgeIndex:
    found: KnowledgeIndex = request.getfixturevalue(f"{request.param}_index")
    return found


@pytest.fixture
def sqlite_index(tmp_path: Path) -> Iterator[SQLiteKnowledgeIndex]:
    index = SQLiteKnowledgeIndex(tmp_path / "knowledge.db", dimensions=DIMENSIONS)
    yield index
    index.close()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    with OpenSearch([{"host": "127.0.0.1", "port": port}], max_retries=0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.fail(f"OpenSearch stopped:\n{log.read_text()[-2000:]}", pytrace=False)
            try:
                client.cluster.health(wait_for_status="yellow")
                return
            except ConnectionError:
                time.sleep(0.2)
    pytest.fail(f"OpenSearch did not answer within {START_S} s", pytrace=False)
