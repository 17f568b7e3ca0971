"""The built layers: what the handlers need and no more, the same from the same input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra_cdk.function_records import FUNCTIONS, FunctionRecord

ROOT = Path(__file__).resolve().parents[2]
# The first build fetches the wheels.
pytestmark = pytest.mark.timeout(600)
# Lambda's own limit is 262 million; what checks the arguments of custom tools takes 15, what understands messages 7.
LARGEST_FUNCTION_BYTES = 230_000_000
NAMES = [record.name for record in FUNCTIONS]
RECORDS = {record.name: record for record in FUNCTIONS}
# As on Lambda: the function's folder first, then the layers; nothing of the development environment.
PROBE = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
from firstline.settings import Settings
module = importlib.import_module("handler")
assert callable(module.lambda_handler)
from firstline import bootstrap
container = bootstrap.container()
early = set(sys.modules)
if sys.argv[2] == "embeds":
    vector = container.ports.embedder.embed(["where is my invoice?"])[0]
    assert abs(float(vector @ vector) - 1) < 1e-3
foreign = sorted({m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)
                  and ("site-packages" in m.__file__ or "dist-packages" in m.__file__)})
found = {"anthropic": "anthropic" in sys.modules, "answers": "firstline.answers" in early}
print(json.dumps({"foreign": foreign, **found}))
"""
AWS = {
    "AWS_LAMBDA_FUNCTION_NAME": "tested",
    "RUNTIME": "aws",
    "TABLE_NAME": "table",
    "KNOWLEDGE_BUCKET": "bucket",
    "OPENSEARCH_ENDPOINT": "https://search.example",
    "WEBSOCKET_ENDPOINT": "https://socket.example/live",
    "WEBSOCKET_URL": "wss://socket.example/live",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:turn",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
    "POWERTOOLS_METRICS_DISABLED": "true",
}


def run_handler(record: FunctionRecord, layers: Path) -> subprocess.CompletedProcess[str]:
    path = [str(ROOT / "functions" / record.name), *(str(layers / name / "python") for name in record.layers)]
    environment = AWS | {"EMBEDDING_MODEL_PATH": str(layers / "embedding" / "embedding"), "PATH": ""}
    embeds = "embeds" if "embedding" in record.layers else ""
    # -I: no environment, no user folder; -S: no site-packages.
    command = [sys.executable, "-I", "-S", "-c", PROBE, json.dumps(path), embeds]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_starts_and_embeds_with_its_built_layers_alone(name, host_layers):
    result = run_handler(RECORDS[name], host_layers)
    assert result.returncode == 0, result.stderr[-2000:]
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "foreign": [],
        "anthropic": False,
        # Made while a function starts only where every call answers.
        "answers": name == "workflow",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_layers_of_a_function_stay_well_below_lambdas_limit(name, host_layers):
    sizes = [json.loads((host_layers / f"{layer}.json").read_text())["size"] for layer in RECORDS[name].layers]
    assert 1_000_000 < sum(sizes) <= LARGEST_FUNCTION_BYTES


def test_no_layer_holds_tests_unused_transports_or_the_laptops_parts(host_layers):
    found = [
        str(path.relative_to(host_layers))
        for pattern in (
            "*/python/*/tests",
            "*/python/grpc",
            "*/python/huggingface_hub",
            "*/python/hf_xet",
            "*/python/onnxruntime/transformers",
            "*/python/firstline/local",
            "*/python/uvicorn",
            "*/python/aiosmtpd",
        )
        for path in host_layers.glob(pattern)
    ]
    assert found == []
