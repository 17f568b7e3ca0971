"""The commands behind scripts/knowledge and scripts/gaps."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from knowledge_commands import Adapters, KnowledgeCommands

from firstline.domain.errors import FirstlineError
from tests.component.test_gaps import Gaps
from tests.component.test_import_tickets import TICKETS
from tests.component.world import World


class Terminal:
    """Runs commands and keeps what they print."""

    def __init__(self, world: World) -> None:
        ports = world.ports
        adapters = Adapters(
            ports.table, ports.index, ports.embedder, ports.objects, ports.clock, ports.ids, world.container.settings
        )
        self._out = io.StringIO()
        self.run = KnowledgeCommands(adapters, by="ada", out=self._out)

    def printed(self) -> str:
        text = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return text


@pytest.fixture
def terminal(world: World) -> Terminal:
    return Terminal(world)


def test_tickets_become_drafts_that_can_be_listed_approved_and_rejected(
    world: World, terminal: Terminal, tmp_path: Path
) -> None:
    source = tmp_path / "tickets.jsonl"
    source.write_text("\n".join(map(json.dumps, [*TICKETS, {"subject": "no answer"}])))
    terminal.run.tickets(source, approve_from=None, agreement=0.8, min_tickets=1)
    said = terminal.printed()
    assert "6 tickets (0 repeated) in 3 groups" in said
    assert "3 drafts made" in said
    assert "line 7 left out: no resolution" in said
    terminal.run.list_drafts("draft", 20)
    first, second, third = [line.split()[0] for line in terminal.printed().splitlines() if line.startswith("tickets-")]
    terminal.run.decide(first, "approve")
    terminal.run.decide(second, "reject", "outdated")
    said = terminal.printed()
    assert f"{first} is served from faqs/approved/" in said
    assert f"{second} is rejected" in said
    terminal.run.list_drafts("draft", 20)
    assert [line.split()[0] for line in terminal.printed().splitlines() if line.startswith("tickets-")] == [third]
    assert any(key.startswith("faqs/approved/") for key in world.ports.objects.list())
    terminal.run.decide(first, "withdraw", "wrong")
    assert f"{first} is withdrawn" in terminal.printed()
    assert not any(key.startswith("faqs/approved/") for key in world.ports.objects.list())
    terminal.run.tickets(source, approve_from=2, agreement=0.5, min_tickets=1)
    terminal.run.list_drafts("withdrawn", 20)
    assert first in terminal.printed()


def test_the_rule_of_the_command_line_approves(terminal: Terminal, tmp_path: Path) -> None:
    source = tmp_path / "tickets.jsonl"
    source.write_text("\n".join(map(json.dumps, TICKETS)))
    terminal.run.tickets(source, approve_from=3, agreement=0.8, min_tickets=1)
    assert "1 approved by the rule" in terminal.printed()


def test_an_archive_is_written_whole_and_brought_back(world: World, terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "knowledge.zip"
    terminal.run.export(archive)
    assert "1 files written" in terminal.printed()
    world.ports.objects.write("articles/extra.md", b"# Extra\n\nText.\n")
    terminal.run.import_archive(archive, "replace")
    said = terminal.printed()
    assert "1 files: 0 written, 1 removed" in said
    assert "1 documents in 3 chunks are served" in said
    assert list(tmp_path.glob("*.unfinished")) == []


def test_a_failed_export_leaves_the_archive_of_before(world: World, terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "knowledge.zip"
    archive.write_bytes(b"before")
    world.ports.objects.write("articles/bad:name.md", b"# Bad\n\nText.\n")
    with pytest.raises(FirstlineError, match="bad:name"):
        terminal.run.export(archive)
    assert archive.read_bytes() == b"before"
    assert list(tmp_path.glob("*.unfinished")) == []


def test_gaps_are_printed_for_people_and_for_programs(world: World, terminal: Terminal) -> None:
    gaps = Gaps(world)
    gaps.record("zebra quilting?", turn="t1", customer="c1")
    gaps.record("zebra quilting please?", turn="t2", customer="c2")
    terminal.run.gaps(days=30, limit=20, as_json=False)
    said = terminal.printed()
    assert "2 questions of 2 customers found nothing good in 30 days; 1 gaps" in said
    assert "2 customers, 2 questions, 2026-06-01 to 2026-06-01" in said
    terminal.run.gaps(days=30, limit=20, as_json=True)
    assert json.loads(terminal.printed())["clusters"][0]["count"] == 2


def test_what_the_commands_bring_in_is_cut_and_kept_as_the_server_would(tmp_path: Path) -> None:
    settings = {"chunk_size": 32, "overlap_size": 8, "served_audiences": "staff"}
    world = World(tmp_path, **settings)
    world.ports.objects.write("articles/staff.md", b"---\naudience: Staff\n---\nFor us.\n")
    terminal = Terminal(world)
    archive = tmp_path / "knowledge.zip"
    terminal.run.export(archive)
    terminal.run.import_archive(archive, "merge")
    assert "articles/staff.md" in world.ports.index.documents()
    last = world.container.ingestion_reports.last()
    assert last is not None
    assert last.documents == 2
    report = world.container.ingest_knowledge.sync()
    assert (report.unchanged, report.added, report.changed, report.removed) == (2, 0, 0, 0)
