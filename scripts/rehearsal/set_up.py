"""What a deployment on this machine needs before it starts.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import platform
import sys

import cdk_tools
import environment
import opensearch_parts
import system_tools
from setup_steps import Step

import layers


def steps() -> list[Step]:
    """List what brings emulator, search node, layers and CDK from nothing."""
    if platform.system() != "Linux":
        sys.exit("The emulator runs the functions of Linux on this machine itself, so it has to be Linux.")
    return [
        *environment.steps(environment.MINISTACK),
        *system_tools.steps(),
        *opensearch_parts.steps(),
        *layers.steps(),
        *cdk_tools.steps(),
    ]
