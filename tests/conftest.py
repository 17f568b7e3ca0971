"""What every kind of test shares: a hermetic environment, the DynamoDB emulator, markers by what a test needs."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MINISTACK_PYTHON = ROOT / ".tools" / "ministack" / "bin" / "python"
MINISTACK_START_S = 60.0
# Fixtures whose names begin so need a program that pip does not bring; scripts/test leaves those out by marker.
NEEDS_BY_FIXTURE = {"opensearch": "opensearch", "browser": "browser", "page": "browser"}


def pytest_configure() -> None:
    """Keep the developer's own settings and accounts out of the tests, before any handler is imported."""
    for variable in Settings.variables():
        os.environ.pop(variable.name, None)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # A parameter may name the fixture that the test then asks for.
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else []
        names = [*getattr(item, "fixturenames", []), *(value for value in parameters if isinstance(value, str))]
        for marker in {NEEDS_BY_FIXTURE.get(name.split("_")[0]) for name in names} - {None}:
            item.add_marker(str(marker))
    # Playwright keeps an event loop on this thread, beside which no other test can run one: its tests come last.
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session")
def ministack_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an AWS emulator of this test run's own; what a test makes in it is the test's to name or clear."""
    if not MINISTACK_PYTHON.exists():
        pytest.fail("the DynamoDB emulator is not installed; scripts/test installs it", pytrace=False)
    folder = tmp_path_factory.mktemp("ministack")
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "WARNING",
    }
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [MINISTACK_PYTHON, "-m", "ministack"], env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait_until_healthy(process, f"{endpoint}/_ministack/health", folder / "log.txt")
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + MINISTACK_START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the DynamoDB emulator stopped:\n{log.read_text()[-2000:]}", pytrace=False)
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.05)
    pytest.fail(f"the DynamoDB emulator did not answer within {MINISTACK_START_S} s", pytrace=False)
