"""Fetches what an OpenSearch node is made of and spells the command that starts it.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import environment
from setup_steps import SetupError, Step, run_quietly

RECIPE = Path(__file__).resolve().parent / "opensearch_node"
FOLDER = environment.ROOT / ".tools" / "opensearch"
STAMP = FOLDER / "complete"


def steps() -> list[Step]:
    """List what brings the node's parts; nothing to do once they are there."""
    return [Step("OpenSearch from Maven Central (.tools/opensearch)", is_complete, fetch)]


def is_complete() -> bool:
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _recipe_id()


def fetch() -> None:
    """Download jars and plugins by Maven, which checks them, and unpack the plugins."""
    if not shutil.which("mvn"):
        raise SetupError("Maven is missing; on Debian: apt-get install default-jre-headless maven")
    parts = FOLDER / "lib"
    shutil.rmtree(FOLDER, ignore_errors=True)
    parts.mkdir(parents=True)
    run_quietly(
        [
            *("mvn", "-q", "-B", "-C", "-f", str(RECIPE / "pom.xml")),
            *("dependency:copy-dependencies", f"-DoutputDirectory={parts}"),
        ],
        "OpenSearch's parts could not be fetched (is the network there?)",
    )
    for plugin in sorted(parts.glob("*.zip")):
        with zipfile.ZipFile(plugin) as archive:
            archive.extractall(plugin.with_suffix(""))
    STAMP.write_text(_recipe_id(), encoding="utf-8")


def command(home: Path, port: int, heap: str) -> list[str]:
    """Return the command of a node whose settings and data lie in ``home``."""
    (home / "config").mkdir(parents=True, exist_ok=True)
    shutil.copy(RECIPE / "opensearch.yml", home / "config" / "opensearch.yml")
    parts = FOLDER / "lib"
    class_path = [f"{parts}/*", *(f"{plugin.with_suffix('')}/*" for plugin in sorted(parts.glob("*.zip")))]
    return [
        "java",
        f"-Xms{heap}",
        f"-Xmx{heap}",
        "-Dlog4j2.disable.jmx=true",
        "-Dlog4j2.shutdownHookEnabled=false",
        f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}",
        "-Dio.netty.noUnsafe=true",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-cp",
        ":".join(class_path),
        str(RECIPE / "OpenSearchNode.java"),
        str(home),
        f"http.port={port}",
        # Any free one: nothing but the node itself uses it.
        "transport.port=0",
    ]


def _recipe_id() -> str:
    return hashlib.sha256(str(FOLDER).encode() + (RECIPE / "pom.xml").read_bytes()).hexdigest()
