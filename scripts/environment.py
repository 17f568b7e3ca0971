"""Makes and reuses the virtual environments below the repository root, from locks with hashes.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from setup_steps import Step, prepare, run_quietly

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
PYTHONS_TO_TRY = ("python3.14", "python3.13", "python3.12", "python3.11")


@dataclass(frozen=True)
class Environment:
    """One virtual environment: where it lies, which locks fill it, whether the project is in it."""

    folder: str
    locks: tuple[str, ...]
    with_project: bool = True
    root: Path = ROOT

    @property
    def path(self) -> Path:
        return self.root / self.folder

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.path / "complete"

    @property
    def lock_paths(self) -> list[Path]:
        return [self.root / "scripts" / "locks" / f"{name}.txt" for name in self.locks]

    def content_id(self) -> str:
        """Identify what the environment must hold, and where (virtual environments cannot be moved)."""
        digest = hashlib.sha256(str(self.path).encode())
        for lock in self.lock_paths:
            digest.update(lock.read_bytes())
        return digest.hexdigest()

    def is_complete(self) -> bool:
        # The Python that it was made with may have been removed since.
        return self.python.exists() and self.stamp.is_file() and self.stamp.read_text() == self.content_id()

    def is_active(self) -> bool:
        return Path(sys.prefix).resolve() == self.path.resolve()


RUN = Environment(".venv", ("run",))
TEST = Environment(".venv-test", ("test",))
MEASURE = Environment(".venv-measure", ("measure",))
EMBEDDING = Environment(".tools/embedding", ("embedding", "embedding_model"), with_project=False)
MINISTACK = Environment(".tools/ministack", ("ministack",), with_project=False)
UV = Environment(".tools/uv", ("uv",), with_project=False)


def require_python() -> None:
    """Go on under Python 3.11 or later, restarting the script under a newer one where there is one."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in PYTHONS_TO_TRY:
        candidate = shutil.which(name)
        # A version manager's shim may exist for a Python that is not there.
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:  # noqa: S603
            os.execv(candidate, [candidate, *sys.argv])  # noqa: S606
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"Firstline needs Python 3.11 or later; python3 here is {found}. Install one and run this again.")


def steps(environment: Environment) -> list[Step]:
    """List what makes ``environment`` from nothing; the steps that are done already are passed over."""
    installer = Step(f"Installer uv ({UV.folder})", UV.is_complete, _make_uv)
    filled = Step(f"Python packages ({environment.folder})", environment.is_complete, lambda: _fill(environment))
    return [installer, filled]


def enter(environment: Environment, further: Sequence[Step] = ()) -> None:
    """Return inside ``environment``: make it, and do the further steps; then run this script again in it."""
    require_python()
    prepare([*steps(environment), *further])
    if not environment.is_active():
        sys.stdout.flush()
        os.execv(environment.python, [str(environment.python), *sys.argv])  # noqa: S606


def _fill(environment: Environment) -> None:
    uv = str(UV.path / "bin" / "uv")
    was_complete = environment.stamp.is_file() and environment.python.exists()
    environment.stamp.unlink(missing_ok=True)
    # What an interrupted installation left is not to be trusted; what another lock filled is a good start.
    if not was_complete:
        shutil.rmtree(environment.path, ignore_errors=True)
        run_quietly(
            [sys.executable, "-m", "venv", "--without-pip", str(environment.path)],
            "the virtual environment could not be made",
        )
    # `uv pip sync` would drop the project itself, so that is installed after it.
    locks = [str(lock) for lock in environment.lock_paths]
    run_quietly(
        [uv, "pip", "sync", "--python", str(environment.python), "--require-hashes", *locks],
        "packages could not be installed (is the network there?)",
        index_settings(),
    )
    if environment.with_project:
        install = [uv, "pip", "install", "--python", str(environment.python), "--no-deps", "--no-build-isolation"]
        run_quietly([*install, "--editable", str(environment.root)], "the project itself could not be installed")
    _write_stamp(environment)


def read_dotenv(path: Path) -> None:
    """Take settings from a ``.env`` file; what the environment says already stays."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            sys.exit(f"{path}:{number}: expected NAME=value")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def index_settings() -> dict[str, str]:
    """Return variables that make uv use the mirror that pip is set to use."""
    # uv does not read pip's variables: a company's own mirror should serve both.
    mirror = os.environ.get("PIP_INDEX_URL")
    return {"UV_DEFAULT_INDEX": mirror} if mirror and "UV_DEFAULT_INDEX" not in os.environ else {}


def _write_stamp(environment: Environment) -> None:
    unfinished = environment.stamp.with_suffix(".tmp")
    unfinished.write_text(environment.content_id())
    unfinished.replace(environment.stamp)


def _make_uv() -> None:
    shutil.rmtree(UV.path, ignore_errors=True)
    run_quietly(
        [sys.executable, "-m", "venv", str(UV.path)],
        "python3 -m venv failed; on Debian or Ubuntu, install the package python3-venv",
    )
    pip = [str(UV.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_quietly([*pip, "--require-hashes", "-r", str(UV.lock_paths[0])], "uv could not be installed by pip")
    _write_stamp(UV)
