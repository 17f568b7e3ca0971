"""scripts/build_layers: what it takes from a lock, and that one input gives one content."""

import os
import re
import shutil
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import layer_contents
import pytest

import layers

LOCK = """# a comment
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via firstline
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
opensearch-py==3.2.0 \\
    --hash=sha256:dd
"""


def test_a_lock_is_split_by_package_with_its_markers_and_hashes():
    found = layers.locked_requirements(LOCK)
    assert list(found) == ["numpy", "opensearch-py"]
    assert found["numpy"].count("==") == 2
    assert found["numpy"].count("--hash") == 3
    assert "#" not in found["numpy"]


def test_every_package_of_a_layer_and_every_one_left_out_is_locked():
    locked = set(layers.locked_requirements(layers.LOCK.read_text(encoding="utf-8")))
    named = {name for names in layer_contents.PACKAGES.values() for name in names}
    assert named <= locked
    # What is no longer locked need not be left out any more; what builds the project is locked elsewhere.
    assert named.isdisjoint(layer_contents.LEFT_OUT)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    python = tmp_path / "python"
    for name in (
        "numpy/__init__.py",
        "numpy/tests/test_it.py",
        "numpy/f2py/x.py",
        "numpy/core.pyi",
        "botocore/data/endpoints.json",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "numpy-2.dist-info/METADATA",
        "numpy-2.dist-info/RECORD",
        "bin/f2py",
    ):
        path = python / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return python


def test_tests_and_unused_parts_are_stripped_and_the_rest_stays(installed):
    layer_contents.strip(installed)
    left = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert left == {
        "numpy/__init__.py",
        "botocore/data/endpoints.json",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "numpy-2.dist-info/METADATA",
    }


def test_the_aws_services_that_are_kept_are_those_that_the_package_calls():
    called = {
        word
        for path in layers.PACKAGE.rglob("*.py")
        for word in re.findall(r'\bclient\(\s*"([a-z0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert {"dynamodb", "s3", "stepfunctions"} <= called
    assert called <= set(layer_contents.AWS_SERVICES)


def test_the_same_files_have_the_same_hash_wherever_and_whenever_they_were_written(installed, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(installed, copy)
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
    assert layers.content_hash(copy) == layers.content_hash(installed)
    (copy / "numpy" / "__init__.py").write_text("other")
    assert layers.content_hash(copy) != layers.content_hash(installed)


def test_what_tools_leave_among_the_sources_is_not_shipped(tmp_path):
    kept = ["__init__.py", "web/static/chat.js"]
    dirt = [".mypy_cache/3.11/cache.db", "web/.ruff_cache/x", "web/__pycache__/app.pyc", ".DS_Store", "local/server.py"]
    for name in (*kept, *dirt):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    target = tmp_path.with_name("target")
    layer_contents.copy_package(tmp_path, target)
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()) == kept


@pytest.mark.parametrize("command", ["bootstrap", "deploy", "diff", "destroy", "synth"])
def test_a_cdk_command_that_synthesises_builds_the_layers_in_a_fresh_checkout(command, monkeypatch, tmp_path):
    loader = SourceFileLoader("cdk_script", str(Path(layers.__file__).with_name("cdk")))
    script = module_from_spec(spec_from_loader("cdk_script", loader))
    loader.exec_module(script)
    built = []
    monkeypatch.setattr(script, "prepare", lambda steps: None)
    monkeypatch.setattr(script.layers, "build", built.append)
    monkeypatch.setattr(script.layers, "has_bytecode", lambda target: True)
    monkeypatch.setattr(script.os, "chdir", lambda folder: None)
    monkeypatch.setattr(script.os, "execve", lambda *command: None)
    script.main([command])
    assert [target.python for target in built] == ["3.14"]


def test_our_own_layer_leaves_the_laptop_behind():
    parts = {path.relative_to(layers.PACKAGE).parts[0] for path in layer_contents.package_files(layers.PACKAGE)}
    assert {"domain", "services", "adapters", "web", "workflow", "settings.py"} <= parts
    assert parts.isdisjoint({"local", "evaluation", "__pycache__"})
