"""The set-up: made from locks, reused, repaired after an interruption, one at a time."""

import ast
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import environment
import pytest
import setup_steps
from environment import Environment
from setup_steps import SetupError, Step, prepare

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
PACKAGE = ROOT / "layers" / "firstline" / "python" / "firstline"
STARTED_BY_USERS = ["run", "test", "check", "lock", "build_embedding"]


def write_wheel(folder: Path, version: str) -> str:
    """Write a package of one module; return the lock line that pins it."""
    content = {
        "parcel.py": f"VERSION = {version!r}\n",
        f"parcel-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: parcel\nVersion: {version}\n",
        f"parcel-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"parcel-{version}.dist-info/RECORD"
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        for name, text in content.items()
    ]
    wheel = folder / f"parcel-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**content, record: "\n".join([*rows, f"{record},,\n"])}.items():
            archive.writestr(name, text)
    return f"parcel=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def parcel_environment(tmp_path, monkeypatch):
    """An environment of its own root, whose only packages lie in a folder: nothing is downloaded."""
    wheels = tmp_path / "wheels"
    locks = tmp_path / "scripts" / "locks"
    wheels.mkdir()
    locks.mkdir(parents=True)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(setup_steps, "TOOLS", tmp_path / ".tools")
    (locks / "parcel.txt").write_text(write_wheel(wheels, "1.0"))
    return Environment(".venv-parcel", ("parcel",), with_project=False, root=tmp_path)


def installed_version(made: Environment) -> str:
    shown = subprocess.run([made.python, "-c", "import parcel; print(parcel.VERSION)"], capture_output=True, text=True)
    return shown.stdout.strip()


def test_an_environment_is_made_from_its_lock_and_then_left_alone(parcel_environment, capsys):
    prepare(environment.steps(parcel_environment))
    assert installed_version(parcel_environment) == "1.0"
    assert "[1/1] Python packages (.venv-parcel) done" in capsys.readouterr().out

    made_at = parcel_environment.stamp.stat().st_mtime_ns
    prepare(environment.steps(parcel_environment))
    assert parcel_environment.stamp.stat().st_mtime_ns == made_at
    assert capsys.readouterr().out == ""


def test_a_changed_lock_brings_the_new_version(parcel_environment):
    prepare(environment.steps(parcel_environment))
    parcel_environment.lock_paths[0].write_text(write_wheel(parcel_environment.root / "wheels", "2.0"))
    assert not parcel_environment.is_complete()
    prepare(environment.steps(parcel_environment))
    assert installed_version(parcel_environment) == "2.0"


def test_what_an_interrupted_installation_left_is_thrown_away(parcel_environment):
    half_made = parcel_environment.path / "lib" / "half-made"
    half_made.mkdir(parents=True)
    prepare(environment.steps(parcel_environment))
    assert not half_made.exists()
    assert installed_version(parcel_environment) == "1.0"


def test_a_package_with_another_hash_is_refused_and_nothing_counts_as_complete(parcel_environment):
    lock = parcel_environment.lock_paths[0]
    lock.write_text("parcel==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(SystemExit, match="packages could not be installed"):
        prepare(environment.steps(parcel_environment))
    assert not parcel_environment.is_complete()


def test_a_moved_folder_or_a_removed_python_is_made_anew(parcel_environment):
    prepare(environment.steps(parcel_environment))
    moved_root = parcel_environment.root / "elsewhere"
    shutil.copytree(parcel_environment.root / "scripts", moved_root / "scripts")
    shutil.copytree(parcel_environment.path, moved_root / parcel_environment.folder, symlinks=True)
    moved = Environment(parcel_environment.folder, ("parcel",), with_project=False, root=moved_root)
    assert parcel_environment.is_complete()
    assert not moved.is_complete()

    parcel_environment.python.unlink()
    assert not parcel_environment.is_complete()


def test_two_set_ups_at_once_do_each_step_once(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_steps, "TOOLS", tmp_path)
    done: list[int] = []

    def slow_step() -> None:
        time.sleep(0.05)
        done.append(threading.get_ident())

    steps = [Step("slow", lambda: bool(done), slow_step)]
    threads = [threading.Thread(target=prepare, args=(steps,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1


def test_a_step_that_two_environments_ask_for_is_done_once(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_steps, "TOOLS", tmp_path)
    made: list[str] = []
    installer = Step("installer", lambda: "installer" in made, lambda: made.append("installer"))
    first = Step("first", lambda: "first" in made, lambda: made.append("first"))
    prepare([installer, first, Step("installer", installer.is_done, installer.run)])
    assert made == ["installer", "first"]


def test_a_failed_step_ends_the_set_up_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_steps, "TOOLS", tmp_path)
    later: list[str] = []

    def fail() -> None:
        raise SetupError("the network is away")

    with pytest.raises(SystemExit, match="Set-up failed: the network is away"):
        prepare([Step("fails", lambda: False, fail), Step("later", lambda: False, lambda: later.append("ran"))])
    assert later == []


def test_the_output_of_a_failed_command_is_part_of_the_reason():
    command = [sys.executable, "-c", "print('disk full'); raise SystemExit(3)"]
    with pytest.raises(SetupError, match="could not be made\ndisk full"):
        setup_steps.run_quietly(command, "could not be made")


def test_an_old_python_restarts_the_script_under_a_newer_one_that_works(tmp_path):
    broken_shim = tmp_path / "python3.14"
    broken_shim.write_text("#!/bin/sh\nexit 1\n")
    broken_shim.chmod(0o755)
    (tmp_path / "python3.12").symlink_to(sys.executable)
    shown = run_under_old_python(tmp_path)
    assert shown.stdout.split() == ["restarted", "--port", "1"]


def test_an_old_python_alone_is_told_what_is_missing(tmp_path):
    shown = run_under_old_python(tmp_path)
    assert shown.returncode == 1
    assert "needs Python 3.11 or later; python3 here is 3.9.1" in shown.stderr


def run_under_old_python(path: Path) -> subprocess.CompletedProcess[str]:
    program = path / "program.py"
    program.write_text(
        "import os, sys\n"
        "import environment\n"
        "if 'RESTARTED' not in os.environ:\n"
        "    os.environ['RESTARTED'] = 'yes'\n"
        "    sys.version_info = (3, 9, 1)\n"
        "    environment.require_python()\n"
        "print('restarted', *sys.argv[1:])\n"
    )
    variables = {"PATH": str(path), "PYTHONPATH": str(SCRIPTS), "HOME": os.environ.get("HOME", str(path))}
    command = [sys.executable, str(program), "--port", "1"]
    return subprocess.run(command, env=variables, capture_output=True, text=True)


@pytest.mark.parametrize("name", STARTED_BY_USERS)
def test_a_script_can_start_with_nothing_but_pythons_own_library(name):
    seen: set[str] = set()
    waiting = [SCRIPTS / name]
    while waiting:
        tree = ast.parse(waiting.pop().read_text(encoding="utf-8"))
        for node in tree.body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for top in {imported.partition(".")[0] for imported in names} - seen:
                seen.add(top)
                if (SCRIPTS / f"{top}.py").is_file():
                    waiting.append(SCRIPTS / f"{top}.py")
                else:
                    assert top in sys.stdlib_module_names, f"scripts/{name} needs {top} before anything is installed"


@pytest.mark.parametrize("name", STARTED_BY_USERS)
def test_help_is_answered_before_anything_is_set_up(name, tmp_path):
    copy = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shown = subprocess.run([sys.executable, copy / name, "--help"], capture_output=True, text=True)
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"usage: scripts/{name} ")
    assert not (tmp_path / ".tools").exists()


def test_no_lock_records_an_address_and_every_package_has_a_hash():
    locks = sorted((SCRIPTS / "locks").glob("*.txt"))
    assert {lock.stem for lock in locks} >= {"run", "test", "measure", "embedding", "ministack", "uv"}
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        requirements = text.replace("\\\n", "").splitlines()
        pinned = [line for line in requirements if line.strip() and not line.lstrip().startswith("#")]
        assert pinned
        assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


def pins(lock: str) -> set[str]:
    lines = (SCRIPTS / "locks" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}


def test_tests_run_on_the_versions_that_users_run():
    assert pins("run") <= pins("test")
    assert pins("run") <= pins("measure")


def imported_when_run(path: Path) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        # Imports are statements; looking into expressions would take as long again as reading the files.
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr | ast.expr_context)]
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name.partition(".")[0] for name in names)


def test_everything_that_running_imports_is_in_the_lock_of_running():
    # Bedrock is asked on AWS, and on a laptop whose owner has installed boto3 for it; settings without it are refused.
    bedrock = PACKAGE / "adapters" / "bedrock_connection.py"
    not_for_running = [PACKAGE / "adapters" / "aws", bedrock, PACKAGE / "evaluation"]
    files = [path for folder in (PACKAGE, ROOT / "functions") for path in folder.rglob("*.py")]
    files = [path for path in files if not any(path.is_relative_to(folder) for folder in not_for_running)]
    locked = {pin.partition("==")[0] for pin in pins("run")}
    chosen_on_aws = {("bootstrap.py", "botocore"), ("bootstrap.py", "opensearchpy")}
    distributions = packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported_when_run(path)
        if name not in sys.stdlib_module_names and name not in {"firstline", "functions"}
        if (path.name, name) not in chosen_on_aws
        if not locked & {distribution.lower().replace("_", "-") for distribution in distributions.get(name, [])}
    }
    assert missing == set()
