"""Files of a training take their places together, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.evaluation.trained_files import replace_files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_only_what_differs_is_written_and_named(tmp_path: Path) -> None:
    weights, card = tmp_path / "a.npy", tmp_path / "a.json"
    assert replace_files({weights: b"1", card: b"{}"}, write=True) == ["a.npy", "a.json"]
    assert replace_files({weights: b"1", card: b"{}"}, write=True) == []
    assert replace_files({weights: b"2", card: b"{}"}, write=True) == ["a.npy"]
    assert (weights.read_bytes(), card.read_bytes(), names(tmp_path)) == (b"2", b"{}", ["a.json", "a.npy"])


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    assert replace_files({tmp_path / "a.npy": b"1"}, write=False) == ["a.npy"]
    assert names(tmp_path) == []


def test_where_one_cannot_be_written_all_stay_as_they_were(tmp_path: Path) -> None:
    weights, card = tmp_path / "a.npy", tmp_path / "no such folder" / "a.json"
    weights.write_bytes(b"old")
    with pytest.raises(OSError, match="no such folder"):
        replace_files({weights: b"new", card: b"{}"}, write=True)
    assert (weights.read_bytes(), names(tmp_path)) == (b"old", ["a.npy"])
