"""Programs that tests need: which count as there, and what is said of those that do not."""

import pytest
import system_tools


def put_program(folder, name, script="exit 0"):
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("version", "enough"), [("17.0.15", True), ("25", True), ("11.0.2", False), ("1.8.0_392", False)]
)
def test_java_counts_from_version_17(path, version, enough):
    put_program(path, "java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")
    assert system_tools.has_java() is enough


def test_every_program_that_is_not_there_is_named_with_the_tests_that_need_it(path):
    assert [(program.name, program.marker) for program in system_tools.missing()] == [
        ("Java 17 or later", "opensearch"),
        ("Maven", "opensearch"),
        ("Chromium", "browser"),
        ("swaks", "swaks"),
    ]


def test_another_name_of_chromium_counts_too(path):
    put_program(path, "google-chrome")
    put_program(path, "mvn")
    put_program(path, "swaks")
    assert [program.name for program in system_tools.missing()] == ["Java 17 or later"]


def test_nothing_is_installed_where_there_is_no_apt(path):
    assert system_tools.steps() == []
