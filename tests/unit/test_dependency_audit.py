"""The dependency audit: what fails, what is only said, what is remembered."""

import subprocess

import dependency_audit
import pytest
from dependency_audit import Report, summarise

VULNERABLE = {"name": "parcel", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1", "2.0"]}]}
CLEAN = {"name": "label", "version": "3.2", "vulns": []}
UNKNOWN = {"name": "stamp", "skip_reason": "not found"}


def test_a_known_vulnerability_is_reported_with_the_version_that_mends_it():
    assert summarise([VULNERABLE, CLEAN]) == Report(["parcel 1.0: CVE-2026-1, fixed in 1.1, 2.0"], [])


def test_a_package_that_the_service_does_not_know_is_named():
    assert summarise([CLEAN, UNKNOWN]) == Report([], ["not audited, unknown to the service: stamp"])


def test_a_service_that_knows_no_package_has_audited_nothing():
    report = summarise([UNKNOWN, UNKNOWN])
    assert report.vulnerabilities == []
    assert report.warnings == ["NOT AUDITED: the advisory service here knows none of 2 locked packages"]


@pytest.fixture
def locked_folder(tmp_path, monkeypatch):
    locks = tmp_path / "scripts" / "locks"
    locks.mkdir(parents=True)
    for name in dependency_audit.LOCKS:
        (locks / f"{name}.txt").write_text(f"{name}==1.0\n")
    monkeypatch.setattr(dependency_audit, "ROOT", tmp_path)
    return tmp_path


def answer_with(monkeypatch, stdout, stderr=""):
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, stdout=stdout, stderr=stderr)
    )


def test_an_answer_is_remembered_until_a_lock_changes(locked_folder, monkeypatch):
    answer_with(monkeypatch, '{"dependencies": [{"name": "label", "version": "3.2", "vulns": []}]}')
    assert dependency_audit.audit() == Report([], [])
    answer_with(
        monkeypatch,
        '{"dependencies": [{"name": "parcel", "version": "1.0", "vulns": [{"id": "X-1", "fix_versions": []}]}]}',
    )
    assert dependency_audit.audit() == Report([], [])
    (locked_folder / "scripts" / "locks" / "run.txt").write_text("run==2.0\n")
    assert dependency_audit.audit().vulnerabilities == ["parcel 1.0: X-1, fixed in no version yet"]


def test_a_service_out_of_reach_is_a_warning_with_its_reason(locked_folder, monkeypatch):
    answer_with(monkeypatch, "", "Traceback\nConnectionError: no route to host\n")
    report = dependency_audit.audit()
    assert report.vulnerabilities == []
    assert report.warnings == [
        "NOT AUDITED: the advisory service could not be asked: ConnectionError: no route to host"
    ]
