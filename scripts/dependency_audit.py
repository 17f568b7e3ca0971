"""Asks the package index's advisory service about every locked package; remembers the answer for a day."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from environment import ROOT

LOCKS = ("run", "test", "measure", "embedding", "ministack")
ANSWERED_FOR_S = 24 * 3600
UNANSWERED_FOR_S = 3600
SERVICE_TIMEOUT_S = 120
NOT_AUDITED = "NOT AUDITED"


@dataclass(frozen=True)
class Report:
    """Vulnerabilities fail the check; warnings say what could not be looked up."""

    vulnerabilities: list[str]
    warnings: list[str]


def audit() -> Report:
    """Audit the locks, or repeat the last report if they are the same and it is recent."""
    paths = [ROOT / "scripts" / "locks" / f"{name}.txt" for name in LOCKS]
    locked = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    remembered = ROOT / ".cache" / "audit" / f"{locked}.json"
    if remembered.is_file():
        report = Report(**json.loads(remembered.read_text()))
        age_s = time.time() - remembered.stat().st_mtime
        if age_s < (UNANSWERED_FOR_S if report.warnings else ANSWERED_FOR_S):
            return report
    report = _audit_each(paths)
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps(asdict(report)))
    return report


def _audit_each(locks: list[Path]) -> Report:
    vulnerabilities: list[str] = []
    warnings: list[str] = []
    for lock in locks:
        report = _ask(lock)
        vulnerabilities += report.vulnerabilities
        warnings += report.warnings
        if any(warning.startswith(NOT_AUDITED) for warning in report.warnings):
            break
    return Report(sorted(set(vulnerabilities)), sorted(set(warnings)))


def _ask(lock: Path) -> Report:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command += ["--requirement", str(lock)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SERVICE_TIMEOUT_S)  # noqa: S603
        packages = json.loads(answer.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return Report([], [f"{NOT_AUDITED}: the advisory service did not answer in {SERVICE_TIMEOUT_S} s"])
    except json.JSONDecodeError:
        last_line = " ".join(answer.stderr.strip().splitlines()[-1:])
        return Report([], [f"{NOT_AUDITED}: the advisory service could not be asked: {last_line}"])
    return summarise(packages)


def summarise(packages: list[dict[str, object]]) -> Report:
    """Turn pip-audit's entries into lines for people."""
    vulnerabilities = []
    unknown = [package for package in packages if "skip_reason" in package]
    for package in packages:
        found = package.get("vulns", [])
        for vulnerability in found if isinstance(found, list) else []:
            fixed_in = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            name = f"{package['name']} {package['version']}"
            vulnerabilities.append(f"{name}: {vulnerability['id']}, fixed in {fixed_in}")
    warnings = []
    if unknown and len(unknown) == len(packages):
        warnings.append(f"{NOT_AUDITED}: the advisory service here knows none of {len(packages)} locked packages")
    elif unknown:
        warnings.append(f"not audited, unknown to the service: {', '.join(str(p['name']) for p in unknown)}")
    return Report(vulnerabilities, warnings)
