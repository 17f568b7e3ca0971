"""The CDK's command line, on the Node that ``npm_programs`` knows.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import npm_programs
from npm_programs import NpmPrograms, node_folder
from setup_steps import Step

PROGRAMS = NpmPrograms("cdk", "CDK command line", "aws-cdk/bin/cdk")
CLI = PROGRAMS.path("aws-cdk/bin/cdk")


def environ() -> dict[str, str]:
    """Return variables that make CDK's library and command line use this Node, and no other Python."""
    own = {"JSII_NODE": str(node_folder() / "node"), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    return npm_programs.environ() | own


def command(*arguments: str) -> list[str]:
    """Return the command line of ``cdk`` with these arguments."""
    return [str(node_folder() / "node"), str(CLI), *arguments]


def steps() -> list[Step]:
    """List what makes the command line from nothing."""
    return PROGRAMS.steps()
