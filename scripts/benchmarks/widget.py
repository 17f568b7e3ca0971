"""The widget in Chromium: what it weighs, how long its scripts and its opening take, how it streams and scrolls."""

from __future__ import annotations

import gzip
import json
import statistics
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from firstline.domain import frames
from firstline.domain.identity import Principal, Role
from firstline.web.widget_files import ENTRY, widget_files
from tests.browser.host_page import host_page

# The tests' own server and hands; their types are not checked with the scripts'.
live_server = import_module("tests.component.live")
conversing = import_module("tests.browser.conversing")

CHROMIUM = "/usr/bin/chromium"
Progress = Callable[[str, int, int], None]

CATEGORIES = ["devtools.timeline", "v8", "disabled-by-default-v8.compile"]
EVALUATED = {"EvaluateScript", "v8.evaluateModule"}
COMPILED = {"v8.compile", "v8.compileModule"}
ANA = Principal("ana", Role.AGENT, name="Ana")

OPENED = """async () => {
    const chat = document.querySelector("firstline-chat");
    await chat.ready;
    const began = performance.now();
    await chat.open();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - began;
}"""

LONG_TASKS = """() => {
    window.longTasks = [];
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
        .observe({ type: "longtask" });
}"""

SCROLLED = """async (pixels) => {
    const log = document.querySelector("firstline-chat").shadowRoot.querySelector(".log");
    const frame = () => new Promise(requestAnimationFrame);
    log.scrollTop = log.scrollHeight;
    await frame();
    const intervals = [];
    let before = await frame();
    for (let step = 0; step < 300; step += 1) {
        log.scrollTop -= pixels;
        const now = await frame();
        intervals.push(now - before);
        before = now;
    }
    return intervals;
}"""


def run(work: Path, *, runs: int, words: int, messages: int, progress: Progress) -> dict[str, Any]:
    """Measure in a Chromium of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            return measure(browser, work, runs=runs, words=words, messages=messages, progress=progress)
        finally:
            browser.close()


def measure(
    browser: Browser, work: Path, *, runs: int, words: int, messages: int, progress: Progress
) -> dict[str, Any]:
    """Return sizes in bytes and times in milliseconds: medians of fresh browser profiles against a local server."""
    with pytest.MonkeyPatch.context() as patch:
        live = live_server.LiveFirstline(work, patch)
        try:
            with host_page(f'<script src="{live.url}/widget.js" async></script>') as address:
                loads = [_load(browser, address, progress, number, runs) for number in range(1, runs + 1)]
            streaming = _stream(browser, live, words)
            progress("streamed", 1, 1)
            scrolling = _scroll(browser, live, messages)
            progress("scrolled", 1, 1)
        finally:
            live.stop()
    medians = {name: round(statistics.median(load[name] for load in loads), 1) for name in loads[0]}
    return {**sizes(), **medians, **streaming, **scrolling}


def sizes() -> dict[str, Any]:
    """Return what a visitor loads, gzipped: before the first message, in all, and in all with the largest language."""
    published = widget_files()
    packed = {name: len(gzip.compress(content, 9)) for name, content in published.files.items()}
    loader = len(gzip.compress(published.loader, 9))
    texts = {name: size for name, size in packed.items() if name.startswith("locale-")}
    whole = loader + sum(size for name, size in packed.items() if name not in texts)
    english = texts["locale-en.json"]
    return {
        "first_bytes": loader + packed[ENTRY] + packed["widget.css"] + english,
        "whole_bytes": whole + english,
        "largest_language_bytes": whole + max(texts.values()),
    }


def _load(browser: Browser, address: str, progress: Progress, run: int, runs: int) -> dict[str, float]:
    """A first visit: what the scripts cost, traced, and the time from opening to the second frame after it."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.goto(address)
    page.get_by_role("button", name="Open the chat").wait_for()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    opened = page.evaluate(OPENED)
    context.close()
    progress("visits", run, runs)
    return {
        "evaluation_ms": _spent(events, EVALUATED),
        "compilation_ms": _spent(events, COMPILED),
        "open_to_ready_ms": opened,
    }


def _spent(events: list[dict[str, Any]], names: set[str]) -> float:
    """Sum the durations of the outermost events of these names whose script is the widget's, in milliseconds."""
    own = [event for event in events if event["name"] in names and "/widget" in json.dumps(event.get("args", {}))]
    own.sort(key=lambda event: (event["ts"], -event.get("dur", 0)))
    spent = end = 0.0
    for event in own:
        if event["ts"] >= end:
            spent += event.get("dur", 0)
            end = event["ts"] + event.get("dur", 0)
    return spent / 1000


def _chat(browser: Browser, live: Any) -> Page:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{live.url}/chat")
    conversing.ask(page, live_server.QUESTION)
    page.locator(".thumbs").wait_for()
    return page


def _stream(browser: Browser, live: Any, words: int) -> dict[str, float]:
    """An answer of many words, one delta each, in paragraphs and lists."""
    page = _chat(browser, live)
    conversation = conversing.conversation_of(live, page)
    page.evaluate(LONG_TASKS)
    for place in range(words):
        end = "\n\n" if place % 60 == 59 else "\n- " if place % 20 == 19 else " "
        live.container.broadcast.to_conversation(conversation, frames.delta("t9", 1, place, f"word{place}{end}"))
    page.locator(".entries").get_by_text(f"word{words - 1}").wait_for()
    tasks = page.evaluate("longTasks")
    page.context.close()
    return {"streamed_words": words, "long_tasks": len(tasks), "longest_task_ms": round(max(tasks, default=0.0), 1)}


def _scroll(browser: Browser, live: Any, messages: int) -> dict[str, float]:
    """A long history read page by page, then scrolled 150 pixels a frame: the time from frame to frame."""
    page = _chat(browser, live)
    conversation = conversing.conversation_of(live, page)
    people = live.container.people
    people.own_conversation.take(conversation, ANA)
    for number in range(messages):
        people.answer_as_person.say(conversation, ANA, f"m{number}", f"Message **{number}** " + "of many words " * 12)
    page.reload()
    earlier = page.locator(".earlier")
    page.locator(".entry").first.wait_for()
    while earlier.is_visible():
        shown = page.locator(".entry").count()
        earlier.click()
        page.wait_for_function(
            "(n) => document.querySelector('firstline-chat').shadowRoot.querySelectorAll('.entry').length > n",
            arg=shown,
        )
    # What the machine itself does to frames while nothing moves, next to it.
    still, intervals = (np.array(page.evaluate(SCROLLED, pixels)) for pixels in (0, 150))
    found = {
        "history_messages": page.locator(".entry").count(),
        "frame_p50_ms": round(float(np.percentile(intervals, 50)), 1),
        "frame_p95_ms": round(float(np.percentile(intervals, 95)), 1),
        "frame_max_ms": round(float(intervals.max()), 1),
        "still_frame_p95_ms": round(float(np.percentile(still, 95)), 1),
    }
    page.context.close()
    return found


def table(result: Mapping[str, Any]) -> str:
    """Return the result for people."""
    return "\n".join(
        (
            f"gzipped: {result['first_bytes']} bytes before the first message, {result['whole_bytes']} in all, "
            f"{result['largest_language_bytes']} with the largest language",
            f"first visit: scripts evaluated in {result['evaluation_ms']} ms and compiled in "
            f"{result['compilation_ms']} ms; ready {result['open_to_ready_ms']} ms after it is opened",
            f"{result['streamed_words']} words streamed: {result['long_tasks']} tasks over 50 ms, "
            f"the longest {result['longest_task_ms']} ms",
            f"{result['history_messages']} messages scrolled: from frame to frame {result['frame_p50_ms']} ms p50, "
            f"{result['frame_p95_ms']} ms p95, {result['frame_max_ms']} ms at most; "
            f"{result['still_frame_p95_ms']} ms p95 while nothing moves",
        )
    )
