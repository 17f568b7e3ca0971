"""The secret scan sees what would be committed, and only that."""

import subprocess

import pytest
import secret_scan

# Put together here, so that this file is not a finding itself.
ACCESS_KEY = "AKIA" + "Q3EGRIXLSOWN7ZT2"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(secret_scan, "ROOT", tmp_path)
    (tmp_path / ".gitignore").write_text("private/\n.cache/\n")
    (tmp_path / "private").mkdir()
    return tmp_path


def test_a_key_in_a_file_that_would_be_committed_is_found_with_its_line(repository):
    (repository / "config.py").write_text(f'REGION = "eu-central-1"\nKEY = "{ACCESS_KEY}"\n')
    assert "config.py:2: AWS Access Key" in secret_scan.findings()


def test_ignored_files_and_marked_lines_are_passed_over(repository):
    (repository / "private" / "config.py").write_text(f'KEY = "{ACCESS_KEY}"\n')
    (repository / "example.py").write_text(f'KEY = "{ACCESS_KEY}"  # pragma: allowlist secret\n')
    assert secret_scan.findings() == []


def test_a_file_found_clean_is_scanned_again_once_it_changes(repository):
    config = repository / "config.py"
    config.write_text("REGION = 'eu-central-1'\n")
    assert secret_scan.findings() == []
    config.write_text(f'KEY = "{ACCESS_KEY}"\n')
    assert "config.py:1: AWS Access Key" in secret_scan.findings()
    assert "config.py:1: AWS Access Key" in secret_scan.findings()
