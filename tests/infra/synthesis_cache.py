"""Keeps what was synthesised for as long as nothing changes that it is made from."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("layers/firstline/python/firstline")
# What synthesis imports of the package; a test holds it to that.
MODULES = (
    PACKAGE / "__init__.py",
    PACKAGE / "adapters/__init__.py",
    PACKAGE / "adapters/claude_models.py",
    PACKAGE / "adapters/json_schema.py",
    PACKAGE / "domain/__init__.py",
    PACKAGE / "domain/attachment_errors.py",
    PACKAGE / "domain/attachments.py",
    PACKAGE / "domain/classified.py",
    PACKAGE / "domain/contact.py",
    PACKAGE / "domain/conversation.py",
    PACKAGE / "domain/custom_tools.py",
    PACKAGE / "domain/errors.py",
    PACKAGE / "domain/knowledge.py",
    PACKAGE / "domain/language_model.py",
    PACKAGE / "domain/learning_names.py",
    PACKAGE / "domain/mail/__init__.py",
    PACKAGE / "domain/mail/mode.py",
    PACKAGE / "domain/phrase_lists.py",
    PACKAGE / "domain/public_address.py",
    PACKAGE / "domain/style.py",
    PACKAGE / "domain/table.py",
    PACKAGE / "domain/text.py",
    PACKAGE / "domain/ticket_codes.py",
    PACKAGE / "domain/tool_arguments.py",
    PACKAGE / "domain/tool_catalogue.py",
    PACKAGE / "domain/tool_errors.py",
    PACKAGE / "domain/tool_ports.py",
    PACKAGE / "domain/tools.py",
    PACKAGE / "domain/treatment.py",
    PACKAGE / "domain/trend.py",
    PACKAGE / "domain/turn.py",
    PACKAGE / "services/__init__.py",
    PACKAGE / "services/custom_tools.py",
    PACKAGE / "services/settings_files.py",
    PACKAGE / "setting_fields.py",
    PACKAGE / "settings.py",
    PACKAGE / "web/__init__.py",
    PACKAGE / "web/widget_files.py",
    PACKAGE / "web/widget_names.py",
)
SOURCES = (
    *MODULES,
    PACKAGE / "adapters/claude_models.json",
    PACKAGE / "locales",
    PACKAGE / "web/static",
    Path("infra_cdk"),
    Path("functions"),
    Path("statemachines"),
    Path("tests/infra"),
    Path("scripts/rehearsal/deployment.py"),
    Path("scripts/locks/test.txt"),
    Path(".env.example"),
)
FOLDER = ROOT / ".cache" / "synthesis"
KEPT = 3
_NO_SOURCES = {"__pycache__", "cdk.out"}


def kept(make: Callable[[Path], None]) -> Path:
    """Return the folder that ``make`` filled, now or when all sources were as they are now.

    Of several processes one makes it and the others wait. What was made last before is kept too: another process may
    be reading it.
    """
    wanted = FOLDER / content_id()
    with _alone():
        if not (wanted / "complete").exists():
            shutil.rmtree(wanted, ignore_errors=True)
            made = sorted((path for path in FOLDER.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
            for old in made[:-KEPT]:
                shutil.rmtree(old)
            wanted.mkdir()
            make(wanted)
            (wanted / "complete").touch()
    return wanted


def content_id() -> str:
    """Hash names and contents of all sources."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def _files() -> Iterator[Path]:
    for source in SOURCES:
        path = ROOT / source
        yield from [path] if path.is_file() else _within(path)


def _within(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file() and _NO_SOURCES.isdisjoint(path.parts))


@contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
