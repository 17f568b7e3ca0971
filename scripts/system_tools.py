"""Programs that tests need and pip does not bring: Java and Maven for OpenSearch, Chromium for the browser, swaks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from setup_steps import Step, run_quietly

OLDEST_JAVA = 17
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Program:
    """A program: what to tell people to install, its Debian packages, which tests need it, whether it is there."""

    name: str
    packages: tuple[str, ...]
    marker: str
    is_there: Callable[[], bool]


def has_java() -> bool:
    java = shutil.which("java")
    if java is None:
        return False
    shown = subprocess.run([java, "-version"], capture_output=True, text=True).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', shown)
    return version is not None and int(version[1]) >= OLDEST_JAVA


PROGRAMS = (
    Program(f"Java {OLDEST_JAVA} or later", ("default-jre-headless",), "opensearch", has_java),
    Program("Maven", ("maven",), "opensearch", lambda: shutil.which("mvn") is not None),
    Program(
        "Chromium",
        ("chromium", "fonts-liberation", "fonts-noto-core", "fonts-noto-color-emoji"),
        "browser",
        lambda: any(map(shutil.which, CHROMIUM_NAMES)),
    ),
    Program("swaks", ("swaks",), "swaks", lambda: shutil.which("swaks") is not None),
)


def missing() -> list[Program]:
    return [program for program in PROGRAMS if not program.is_there()]


def steps() -> list[Step]:
    """List what installs the missing programs: by apt-get as root, else nothing."""
    absent = missing()
    if not absent or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return []
    names = ", ".join(program.name for program in absent)
    packages = [package for program in absent for package in program.packages]
    return [Step(f"System packages for tests ({names})", lambda: not missing(), lambda: _apt_install(packages))]


def _apt_install(packages: list[str]) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    run_quietly([*apt, "update"], "apt-get update failed", quiet)
    install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    run_quietly(install, f"apt-get could not install {' '.join(packages)}", quiet)
