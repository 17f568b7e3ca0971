"""Says whether the built embedding model is there, and has it built if not.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import environment
from setup_steps import Step, run_quietly

FOLDER = environment.ROOT / ".cache" / "embedding"
MANIFEST = FOLDER / "manifest.json"
INT8, FP32, TOKENIZER = "model.int8.onnx", "model.onnx", "tokenizer.json"
SCRIPTS = environment.ROOT / "scripts"


def recipe() -> str:
    """Identify what the files are made from: the code that builds them and the package with the weights."""
    digest = hashlib.sha256()
    for path in (SCRIPTS / "minilm_graph.py", SCRIPTS / "build_embedding", *environment.EMBEDDING.lock_paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_built(*, with_fp32: bool) -> bool:
    """Tell whether a finished build of the present recipe is there, with all its files at their full size."""
    if not MANIFEST.is_file():
        return False
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    files = manifest["files"]
    complete = all(
        (FOLDER / name).is_file() and (FOLDER / name).stat().st_size == files[name]["bytes"] for name in files
    )
    return complete and manifest["recipe"] == recipe() and (FP32 in files or not with_fp32)


def steps(*, with_fp32: bool = False) -> list[Step]:
    """List what builds the embedding model from nothing.

    Parameters
    ----------
    with_fp32 : bool
        Keep the unquantised model too, for tests that compare the two.
    """
    if is_built(with_fp32=with_fp32):
        return []
    command = [str(environment.EMBEDDING.python), str(SCRIPTS / "build_embedding")]
    command += ["--keep-fp32"] if with_fp32 else []
    build = Step(
        "Embedding model (.cache/embedding)",
        lambda: is_built(with_fp32=with_fp32),
        lambda: run_quietly(command, "the embedding model could not be built"),
    )
    return [*environment.steps(environment.EMBEDDING), build]
