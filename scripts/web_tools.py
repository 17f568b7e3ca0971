"""Checks of the widget's JavaScript: types by its JSDoc (tsc), format and lint (biome)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from environment import ROOT
from npm_programs import NpmPrograms, environ, node_folder

PROGRAMS = NpmPrograms("web", "checks of JavaScript", "typescript/bin/tsc")
CONFIGURATION = ROOT / "scripts" / "web_checks"
SOURCES = ("layers/firstline/python/firstline/web/static/widget", "layers/firstline/python/firstline/web/static/pages")


def axe_source() -> Path:
    """Return axe-core's script, which a test puts into a page."""
    return PROGRAMS.path("axe-core/axe.min.js")


def findings() -> str:
    """Return what the checks object to; empty where they do not."""
    node = str(node_folder() / "node")
    biome = [node, str(PROGRAMS.path("@biomejs/biome/bin/biome")), "check", "--error-on-warnings"]
    checks = (
        [node, str(PROGRAMS.path("typescript/bin/tsc")), "-p", str(CONFIGURATION / "tsconfig.json")],
        [*biome, f"--config-path={CONFIGURATION}", *SOURCES],
    )
    said = []
    for command in checks:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environ())  # noqa: S603
        if result.returncode:
            said.append(f"{result.stdout}{result.stderr}".strip() or f"{command[1]}: exit code {result.returncode}")
    return "\n".join(said)


def fix() -> None:
    """Format the sources."""
    biome = [str(node_folder() / "node"), str(PROGRAMS.path("@biomejs/biome/bin/biome")), "format", "--write"]
    command = [*biome, f"--config-path={CONFIGURATION}", *SOURCES]
    subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True)  # noqa: S603
