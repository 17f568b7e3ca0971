"""What the Lambda layers hold, and how they are made: from locked wheels of the target, never of this machine.

Standard library only, because the build runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import embedding_model
import environment
import layer_contents
from layer_contents import LEFT_OUT, PACKAGES
from setup_steps import Step, run_quietly

LOCK = environment.ROOT / "scripts" / "locks" / "layers.txt"
PACKAGE = environment.ROOT / "layers" / "firstline" / "python" / "firstline"
BUILT = environment.ROOT / "build" / "layers"
NAMES = ("firstline", "dependencies", *sorted(PACKAGES))
# Amazon Linux 2023, on which Lambda's Pythons run, has glibc 2.34; onnxruntime asks for 2.28.
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9._-]*)==")


@dataclass(frozen=True)
class Target:
    """The processor and the Python that the layers are for."""

    architecture: str
    python: str

    @property
    def folder(self) -> Path:
        return BUILT / f"{self.architecture}-python{self.python}"

    def layer(self, name: str) -> Path:
        return self.folder / name


@dataclass(frozen=True)
class Layer:
    """A built layer: its bytes unzipped, the hash of its content, and bytes per package."""

    name: str
    size: int
    sha256: str
    packages: dict[str, int]


def locked_requirements(lock: str) -> dict[str, str]:
    """Split a lock into its requirements by package name; a name may come twice, for two Pythons."""
    blocks: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        started = _REQUIREMENT.match(line)
        if started:
            current = blocks.setdefault(started[1], [])
        if line.strip() and not line.lstrip().startswith("#"):
            current.append(line)
    return {name: "\n".join(lines) for name, lines in blocks.items()}


def build(target: Target) -> list[Layer]:
    """Build what changed since the last build, and return all layers.

    Raises
    ------
    SetupError
        A package has no wheel for the target, or the network is gone.
    """
    interpreter = _interpreter(target.python)
    requirements = locked_requirements(LOCK.read_text(encoding="utf-8"))
    wanted = {name: text for name, text in requirements.items() if name not in LEFT_OUT}
    elsewhere = {name for names in PACKAGES.values() for name in names}
    chosen = {layer: {name: wanted[name] for name in names} for layer, names in PACKAGES.items()}
    chosen["dependencies"] = {name: text for name, text in wanted.items() if name not in elsewhere}
    chosen["firstline"] = {}
    layers = []
    for name in NAMES:
        recipe = _recipe(name, target, chosen[name], with_bytecode=interpreter is not None)
        if _recipe_of(target.layer(name)) != recipe:
            _make(name, target, chosen[name], recipe, interpreter)
        layers.append(read_layer(target, name))
    return layers


def read_layer(target: Target, name: str) -> Layer:
    """Return what was built. Raises ``FileNotFoundError``."""
    found = json.loads((target.layer(name).with_suffix(".json")).read_text(encoding="utf-8"))
    return Layer(name, found["size"], found["sha256"], found["packages"])


def content_hash(folder: Path) -> str:
    """Hash names, modes and contents of all files, in order."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        mode = "x" if os.access(path, os.X_OK) else "-"
        digest.update(f"{path.relative_to(folder)}\0{mode}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sizes(folder: Path) -> dict[str, int]:
    """Bytes per top-level package, largest first."""
    python = folder / "python"
    entries = [*python.iterdir(), *(path for path in folder.iterdir() if path != python)]
    found = {entry.name: sum(p.stat().st_size for p in [entry, *entry.rglob("*")] if p.is_file()) for entry in entries}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def has_bytecode(target: Target) -> bool:
    """Tell whether an interpreter of the target's version is here, so that a cold start need not compile."""
    return _interpreter(target.python) is not None


def _make(name: str, target: Target, requirements: dict[str, str], recipe: str, interpreter: str | None) -> None:
    target.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.folder, prefix="unfinished-") as temporary:
        made = Path(temporary) / name
        python = made / "python"
        python.mkdir(parents=True)
        if name == "firstline":
            layer_contents.copy_package(PACKAGE, python / "firstline")
        else:
            _install(requirements, python, target)
            layer_contents.strip(python)
        if name == "embedding":
            layer_contents.copy_model(embedding_model.FOLDER, made / "embedding")
        if interpreter:
            _compile(interpreter, python)
        packages = sizes(made)
        facts = {
            "recipe": recipe,
            "sha256": content_hash(made),
            "size": sum(packages.values()),
            "packages": packages,
        }
        final, description = target.layer(name), target.layer(name).with_suffix(".json")
        description.unlink(missing_ok=True)
        shutil.rmtree(final, ignore_errors=True)
        made.replace(final)
        description.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _install(requirements: dict[str, str], folder: Path, target: Target) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(requirements.values()) + "\n")
        file.flush()
        command = [str(environment.UV.path / "bin" / "uv"), "pip", "install", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary", ":all:", "--link-mode", "copy", "--target", str(folder)]
        command += ["--python-platform", PLATFORMS[target.architecture], "--python-version", target.python]
        run_quietly(
            [*command, "-r", file.name],
            f"the layers' packages could not be installed for {target.architecture}, Python {target.python}",
            environment.index_settings(),
        )


def _compile(interpreter: str, folder: Path) -> None:
    # Lambda's /opt cannot be written to: without this every cold start would compile every module again.
    command = [interpreter, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    run_quietly([*command, "-s", str(folder), "-p", "/opt/python", str(folder)], "bytecode", {"PYTHONHASHSEED": "0"})


def _interpreter(version: str) -> str | None:
    found = shutil.which(f"python{version}")
    if found is None:
        return None
    return found if subprocess.run([found, "-c", ""], capture_output=True).returncode == 0 else None  # noqa: S603


def _recipe(name: str, target: Target, requirements: dict[str, str], *, with_bytecode: bool) -> str:
    digest = hashlib.sha256(f"{name} {target} {with_bytecode}".encode())
    for script in ("layers.py", "layer_contents.py"):
        digest.update((environment.ROOT / "scripts" / script).read_bytes())
    digest.update("".join(requirements.values()).encode())
    if name == "embedding":
        digest.update(embedding_model.MANIFEST.read_bytes())
    if name == "firstline":
        for path in layer_contents.package_files(PACKAGE):
            digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _recipe_of(layer: Path) -> str:
    description = layer.with_suffix(".json")
    if not description.is_file() or not layer.is_dir():
        return ""
    return str(json.loads(description.read_text(encoding="utf-8"))["recipe"])


def steps() -> list[Step]:
    """List what a build needs first: the installer and the embedding model."""
    return [*environment.steps(environment.UV)[:1], *embedding_model.steps()]
