"""Checks that run no test: format, lint, types, state machines, known vulnerabilities, secrets."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dependency_audit
import secret_scan
import web_tools
from environment import ROOT

# A quoted substitution such as "${WorkflowFunctionArn}" is no URI until it is deployed.
STATELINT = ("-m", "statelint", "--ignore=URI")
PRODUCT = ["layers/firstline/python/firstline", "functions", "infra_cdk"]


@dataclass(frozen=True)
class Outcome:
    """What a check found: whether it passed, and what people should read."""

    passed: bool
    output: str = ""


def python_scripts() -> list[Path]:
    """List our scripts: modules, and programs without extension."""
    files = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())
    return [path for path in files if path.suffix == ".py" or _is_python_program(path)]


def run_all() -> bool:
    """Run every check, two at a time; print what failed, and tell whether all passed."""
    scripts = [str(path.relative_to(ROOT)) for path in python_scripts()]
    machines = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "statemachines").glob("*.asl.json"))]
    checks: list[tuple[str, Callable[[], Outcome]]] = [
        ("types (mypy)", lambda: _run("mypy", "-m", "mypy", *PRODUCT, *scripts)),
        ("format (ruff)", lambda: _run("ruff format", "-m", "ruff", "format", "--check", ".")),
        ("lint and security rules (ruff)", lambda: _run("ruff", "-m", "ruff", "check", "--output-format=concise", ".")),
        ("state machines (statelint)", lambda: _run("statelint", *STATELINT, *machines)),
        ("widget (tsc, biome)", _check_widget),
        ("secrets (detect-secrets)", _scan_secrets),
        ("dependencies (pip-audit)", _audit_dependencies),
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [(name, pool.submit(_timed, check)) for name, check in checks]
        results = [(name, *future.result()) for name, future in running]
    for name, outcome, seconds in results:
        print(f"{'passed' if outcome.passed else 'FAILED'}  {name}, {seconds:.1f} s", flush=True)
        if outcome.output:
            print(outcome.output, flush=True)
    return all(outcome.passed for _, outcome, _ in results)


def fix() -> None:
    """Format all code and mend what the linter can mend by itself."""
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "--quiet", "."], cwd=ROOT)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", "."], cwd=ROOT)
    web_tools.fix()


def _is_python_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().startswith(b"#!/usr/bin/env python3")


def _timed(check: Callable[[], Outcome]) -> tuple[Outcome, float]:
    started = time.monotonic()
    return check(), time.monotonic() - started


def _run(name: str, *command: str) -> Outcome:
    result = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    if result.returncode == 0:
        return Outcome(True)
    return Outcome(False, f"{result.stdout}{result.stderr}".strip() or f"{name}: exit code {result.returncode}")


def _check_widget() -> Outcome:
    found = web_tools.findings()
    return Outcome(not found, found)


def _scan_secrets() -> Outcome:
    findings = secret_scan.findings()
    return Outcome(not findings, "\n".join(findings))


def _audit_dependencies() -> Outcome:
    report = dependency_audit.audit()
    return Outcome(not report.vulnerabilities, "\n".join([*report.vulnerabilities, *report.warnings]))
