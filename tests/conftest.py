"""What every kind of test shares: a hermetic environment, the DynamoDB emulator, markers by what a test needs."""

import os
from collections.abc import Iterator

import environment
import hypothesis
import pytest
from rehearsal.emulator import emulator
from rehearsal.programs import free_port

from firstline.settings import Settings

# Fixtures whose names begin so need a program that pip does not bring; scripts/test leaves those out by marker.
NEEDS_BY_FIXTURE = {"opensearch": "opensearch", "browser": "browser", "page": "browser", "swaks": "swaks"}


def pytest_configure() -> None:
    """Keep the developer's own settings and accounts out of the tests, before any handler is imported."""
    hypothesis.settings.register_profile("on any machine", deadline=None)
    hypothesis.settings.load_profile("on any machine")
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
    if not environment.MINISTACK.is_complete():
        pytest.fail("the DynamoDB emulator is not installed; scripts/test installs it", pytrace=False)
    port = free_port()
    program = emulator(tmp_path_factory.mktemp("ministack"), port)
    program.start()
    yield f"http://127.0.0.1:{port}"
    program.stop()
