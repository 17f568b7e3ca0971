"""Arrows point inward: who may import whom, who may know which technology, who may read the environment."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "firstline" / "python" / "firstline"

INNER = {"domain", "repositories", "services", "workflow"}
# For every part, the parts of firstline that it may import beside itself.
MAY_IMPORT = {
    "domain": set(),
    "repositories": {"domain"},
    "services": {"repositories", "domain"},
    "workflow": {"services", "repositories", "domain"},
    "adapters": {"domain"},
    "setting_fields": {"domain"},
    "settings": {"domain", "setting_fields"},
    "identity_adapters": {"adapters", "domain", "settings"},
    "mail": INNER | {"adapters", "attached_files", "observability", "people", "ports", "settings", "ticket_log"},
    "mail_people": INNER | {"adapters", "mail", "ports", "settings", "ticket_log"},
    "observability": {"domain", "settings"},
    "ports": {"domain"},
    "ticket_log": INNER | {"ports", "settings"},
    "tickets": INNER | {"ports", "settings", "observability", "ticket_log"},
    "tools": INNER | {"ports", "settings", "observability"},
    "custom_tool_ports": {"adapters", "domain", "ports", "settings"},
    "people": INNER | {"ports", "settings", "observability"},
    "identity": INNER | {"settings"},
    "front_door": INNER | {"settings"},
    "memory": INNER | {"settings"},
    "learning": INNER | {"ports", "settings", "observability"},
    "understanding": INNER | {"ports", "settings", "observability"},
    "outgoing_mail": INNER | {"settings", "observability", "ports", "ticket_log"},
    "visitors": INNER | {"settings", "observability", "outgoing_mail", "ports"},
    "knowledge": INNER | {"settings"},
    "late_knowledge": INNER | {"knowledge", "ports", "settings"},
    "late_services": INNER
    | {"answers", "attached_files", "late_knowledge", "memory", "people", "ticket_log", "tickets", "tools", "visitors"}
    | {"learning", "mail", "outgoing_mail", "mail_people", "understanding"},
    "attached_files": INNER | {"settings", "observability"},
    "answers": INNER | {"people", "ports", "settings", "observability"},
    "container": INNER
    | {"attached_files", "front_door", "identity", "late_services", "ports", "settings", "ticket_log"},
    "night": INNER | {"adapters", "container", "language_models", "observability", "settings"},
    "language_models": {"adapters", "domain", "observability", "repositories", "settings"},
    "cold_start": set(),
    "bootstrap": INNER
    | {
        "adapters",
        "cold_start",
        "container",
        "custom_tool_ports",
        "identity_adapters",
        "language_models",
        "nodes",
        "settings",
        "observability",
    },
    "nodes": INNER | {"container", "settings", "observability"},
    "evaluation": INNER | {"adapters", "bootstrap", "container", "night", "nodes", "settings"},
    "web": INNER | {"container", "settings", "observability"},
    "local": INNER | {"adapters", "bootstrap", "container", "settings", "observability"},
    "functions": INNER | {"bootstrap", "container", "night", "nodes", "settings", "observability", "web"},
    "infra_cdk": {"adapters", "domain", "services", "settings", "web"},
}
TECHNOLOGIES = {"boto3", "botocore", "anthropic", "opensearchpy", "fastapi", "starlette", "onnxruntime"}
DOMAIN_LIBRARIES = {"numpy", "phonenumbers", "pydantic"}
READS_ENVIRONMENT = {"bootstrap", "settings", "functions"}
LONGEST_FILE, LONGEST_HANDLER = 300, 60


def violations(part: str, source: str) -> list[str]:
    found = []
    # Expressions are looked into only where one could read the environment; they are most of a file.
    may_read = part not in READS_ENVIRONMENT and re.search("environ|getenv", source) is not None
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        waiting += [child for child in ast.iter_child_nodes(node) if may_read or not isinstance(child, ast.expr)]
        for module in _imported(node):
            found += _import_violations(part, module)
        if may_read and _reads_environment(node):
            found.append(f"{part} reads the environment")
    return found


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield "."
        elif node.module in {"firstline", "functions"}:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif node.module:
            yield node.module


def _import_violations(part: str, module: str) -> list[str]:
    top, _, rest = module.partition(".")
    if not top:
        return [f"{part} imports relatively"]
    if top in {"functions", "infra_cdk"}:
        return [] if top == part == "infra_cdk" else [f"{part} imports {module}"]
    if top == "firstline":
        inner = rest.partition(".")[0]
        return [] if inner == part or inner in MAY_IMPORT.get(part, set()) else [f"{part} imports {module}"]
    if part == "domain" and top not in DOMAIN_LIBRARIES and top not in sys.stdlib_module_names:
        return [f"domain imports {module}"]
    return [f"{part} imports {module}"] if part in INNER and top in TECHNOLOGIES else []


def _reads_environment(node: ast.AST) -> bool:
    names = {"environ", "environb", "getenv"}
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return any(alias.name in names for alias in node.names)
    is_attribute_of_os = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    return is_attribute_of_os and node.attr in names


def product_files() -> list[tuple[str, Path]]:
    files = []
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part != "__init__":
            files.append((part, path))
    for folder in ("functions", "infra_cdk"):
        files += [(folder, path) for path in sorted((ROOT / folder).rglob("*.py"))]
    return files


def test_every_file_imports_only_what_lies_further_in():
    found = [
        f"{path.relative_to(ROOT)}: {violation}"
        for part, path in product_files()
        for violation in violations(part, path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_part_of_the_package_has_its_arrows_and_is_looked_at():
    parts = {part for part, _ in product_files()}
    assert parts <= set(MAY_IMPORT)
    assert parts >= INNER | {"adapters", "functions", "settings", "bootstrap"}


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("domain", "import boto3"),
        ("domain", "import yaml"),
        ("domain", "from firstline.repositories.turns import TurnRepository"),
        ("domain", "def late():\n    from firstline import adapters"),
        ("domain", "import firstline.services.receipt"),
        ("repositories", "from firstline.services.receipt import Receipts"),
        ("repositories", "from botocore.exceptions import ClientError"),
        ("services", "import os\nos.environ['X']"),
        ("services", "from os import getenv"),
        ("services", "from firstline.workflow.classify_query import classify_query"),
        ("services", "from firstline.adapters.local.table import SQLiteTable"),
        ("workflow", "from starlette.requests import Request"),
        ("workflow", "import onnxruntime as ort"),
        ("adapters", "from firstline.repositories.keys import event"),
        ("adapters", "import os\nos.getenv('HOME')"),
        ("web", "from firstline.bootstrap import container"),
        ("local", "from functions.api.handler import app"),
        ("functions", "from functions.api import handler"),
        ("functions", "from firstline.adapters.aws.table import DynamoDBTable"),
        ("bootstrap", "from firstline.web import create_app"),
        ("services", "from . import receipt"),
    ],
)
def test_a_forbidden_import_or_read_is_found(part, source):
    assert len(violations(part, source)) == 1


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("domain", "import json, numpy as np\nfrom pydantic import BaseModel\nfrom firstline.domain.turn import Turn"),
        ("services", "import yaml\nfrom firstline.repositories.turns import TurnRepository"),
        ("adapters", "import boto3\nfrom firstline.domain.ports import Table"),
        ("bootstrap", "import os\nos.environ.get('X')\nfrom firstline.adapters.local.table import SQLiteTable"),
        ("functions", "from firstline.bootstrap import container\nfrom firstline.web import create_app"),
        ("services", "environ = {}\nenviron.get('x')\nimport os\nos.replace('a', 'b')"),
    ],
)
def test_an_allowed_import_is_not_reported(part, source):
    assert violations(part, source) == []


def test_no_python_file_is_longer_than_a_reader_can_hold():
    folders = [PACKAGE, ROOT / "functions", ROOT / "infra_cdk", ROOT / "scripts"]
    limits = {
        path: LONGEST_HANDLER if path.name == "handler.py" else LONGEST_FILE
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix == ".py" or (path.parent.name == "scripts" and path.is_file())
    }
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in limits}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > limits[path]} == {}
