"""The widget's bench in small: it measures what it says."""

from __future__ import annotations

from pathlib import Path

from benchmarks import widget
from playwright.sync_api import Browser


def test_a_small_bench_measures_every_part(browser: Browser, tmp_path: Path) -> None:
    result = widget.measure(browser, tmp_path, runs=1, words=60, messages=60, progress=lambda *_: None)
    assert result["evaluation_ms"] > 0
    assert result["open_to_ready_ms"] > 0
    assert result["streamed_words"] == 60
    # The greeting, the question, its answer, the takeover, and what the person said.
    assert result["history_messages"] == 64
    assert 0 < result["frame_p50_ms"] <= result["frame_p95_ms"] <= result["frame_max_ms"]
    assert 0 < result["first_bytes"] < result["whole_bytes"] < result["largest_language_bytes"]
    assert f"{result['first_bytes']} bytes before the first message" in widget.table(result)
