"""What the documents, the state machines and the code say about each other must agree."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstline.domain import errors
from firstline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "firstline" / "python" / "firstline"
# Split, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    "".join(parts)
    for parts in [
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("npm", "js.org"),
        ("npm", "js.com"),
        ("yarn", "pkg.com"),
        ("maven", ".org"),
        ("maven.apache", ".org/maven2"),
        ("deb.", "debian.org"),
    ]
]
MACHINE_PATHS = ["/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/"]
SETTING_ROW = re.compile(r"^\|\s*`([A-Z][A-Z0-9_]*)`\s*\|\s*(.*?)\s*\|", re.MULTILINE)
EXAMPLE_LINE = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def committable_files() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def state_machines() -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "statemachines").glob("*.asl.json"))
    ]


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        for branch in [*state.get("Branches", []), *filter(None, [state.get("Iterator"), state.get("ItemProcessor")])]:
            yield from states(branch)


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def test_every_script_is_named_in_the_readme():
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK)]
    assert len(scripts) >= 4
    assert [path.name for path in scripts if f"scripts/{path.name}" not in readme()] == []


def test_the_readme_opens_with_the_two_commands():
    opening = "\n".join(readme().splitlines()[:15])
    assert "scripts/run" in opening
    assert "scripts/test" in opening


def test_the_readme_lists_every_setting_with_its_default_and_no_other():
    documented = {name: cell.strip("`") for name, cell in SETTING_ROW.findall(readme())}
    actual = {variable.name: variable.default or "" for variable in Settings.variables()}
    assert documented == actual


def test_the_example_environment_has_every_setting_commented_out_with_its_default_and_no_other():
    documented = dict(EXAMPLE_LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    assert documented == {variable.name: variable.default or "" for variable in Settings.variables()}


def test_no_file_names_a_registry_host_or_a_path_of_one_machine():
    words = [word.encode() for word in [*REGISTRY_HOSTS, *MACHINE_PATHS]]
    found = {}
    for path in committable_files():
        content = path.read_bytes()
        named = [word.decode() for word in words if word in content]
        if named:
            found[str(path.relative_to(ROOT))] = named
    assert found == {}


def test_every_error_that_a_state_machine_names_exists_in_the_domain():
    machines = state_machines()
    assert machines
    named = {
        error
        for machine in machines
        for _, state in states(machine)
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]
        for error in rule["ErrorEquals"]
        if "." not in error
    }
    assert named
    unknown = [name for name in named if not issubclass(getattr(errors, name, object), errors.FirstlineError)]
    assert unknown == []


def test_every_task_state_has_a_file_and_a_function_of_its_name_and_the_reverse():
    tasks = {
        snake_case(name) for machine in state_machines() for name, state in states(machine) if state["Type"] == "Task"
    }
    files = {path.stem for path in (PACKAGE / "workflow").glob("*.py") if path.stem != "__init__"}
    assert tasks == files
    for name in sorted(tasks):
        source = (PACKAGE / "workflow" / f"{name}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), f"workflow/{name}.py has no function {name}"


def test_every_task_sends_its_own_name_as_the_node_and_has_a_timeout():
    for machine in state_machines():
        for name, state in states(machine):
            if state["Type"] == "Task":
                assert state["Parameters"]["node"] == name
                assert state["TimeoutSeconds"] > 0


@pytest.mark.parametrize(
    ("name", "expected"), [("ClassifyQuery", "classify_query"), ("HandOverToPerson", "hand_over_to_person")]
)
def test_a_state_name_becomes_a_file_name(name, expected):
    assert snake_case(name) == expected
