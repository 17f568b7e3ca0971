"""What scripts/knowledge and scripts/gaps do, over the data and knowledge folders of a laptop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import embedding_model
import environment
from tqdm import tqdm

from firstline.adapters.documents.reader import FileReader
from firstline.adapters.documents.tables import read_csv
from firstline.adapters.local.embedder import OnnxEmbedder
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.object_store import FolderObjectStore
from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock, SystemIds
from firstline.domain.drafts import DraftDecision, DraftStatus
from firstline.domain.gaps import GapReport
from firstline.domain.ports import Clock, Embedder, Ids, KnowledgeIndex, ObjectStore, Table
from firstline.knowledge import Knowledge, assemble_knowledge
from firstline.repositories.gaps import GapRepository
from firstline.services.import_tickets import ApprovalRule, TicketImportReport
from firstline.services.read_tickets import read_tickets
from firstline.services.report_gaps import ReportGaps
from firstline.services.transfer_knowledge import ImportMode
from firstline.settings import Settings


@dataclass(frozen=True)
class Adapters:
    """What the commands work on."""

    table: Table
    index: KnowledgeIndex
    embedder: Embedder
    objects: ObjectStore
    clock: Clock
    ids: Ids
    settings: Settings

    def knowledge(self) -> Knowledge:
        """Return what the server makes of the same settings."""
        return assemble_knowledge(
            self.settings,
            table=self.table,
            index=self.index,
            embedder=self.embedder,
            objects=self.objects,
            reader=FileReader(),
            clock=self.clock,
            ids=self.ids,
        )


@contextmanager
def opened(data: Path | None, knowledge: Path | None) -> Iterator[Adapters]:
    """Open the folders that ``scripts/run`` uses; a running server may use them too."""
    settings = Settings.from_env(os.environ)
    data = (data or environment.ROOT / settings.data_path).resolve()
    data.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    built = os.environ.get("EMBEDDING_MODEL_PATH")
    embedder = OnnxEmbedder(Path(built) if built else embedding_model.FOLDER, threads=settings.embedding_threads)
    index = SQLiteKnowledgeIndex(data / "knowledge.db", dimensions=embedder.dimensions, clock=clock)
    table = SQLiteTable(data / "firstline.db", clock=clock)
    folder = (knowledge or environment.ROOT / settings.documents_path).resolve()
    try:
        yield Adapters(table, index, embedder, FolderObjectStore(folder), clock, SystemIds(), settings)
    finally:
        table.close()
        index.close()


class KnowledgeCommands:
    """One method per command; each prints what it did.

    Parameters
    ----------
    by : str
        Who is noted as the one who decided.
    """

    def __init__(self, adapters: Adapters, *, by: str, out: TextIO = sys.stdout) -> None:
        knowledge = adapters.knowledge()
        gaps = GapRepository(adapters.table, retention_days=adapters.settings.retention_days)
        self._drafts = knowledge.drafts
        self._tickets = knowledge.import_tickets
        self._transfer = knowledge.transfer
        self._gaps = ReportGaps(gaps, adapters.embedder, adapters.clock)
        self._by = by
        self._out = out

    def export(self, target: Path) -> None:
        """Write the archive beside its name and put it there whole."""
        unfinished = target.with_name(f"{target.name}.unfinished")
        try:
            with unfinished.open("w+b") as file:
                manifest = self._transfer.export(file)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        self._say(f"{len(manifest.documents)} files written into {target}")

    def import_archive(self, source: Path, mode: ImportMode) -> None:
        """Bring an archive back."""
        with source.open("rb") as file:
            report = self._transfer.restore(file, mode=mode)
        self._say(f"{report.documents} files: {report.written} written, {report.removed} removed")
        self._say(f"{report.ingestion.documents} documents in {report.ingestion.chunks} chunks are served")
        for skipped in report.ingestion.skipped:
            self._say(f"not served {skipped.source}: {skipped.reason}")

    def tickets(self, source: Path, *, approve_from: int | None, agreement: float, min_tickets: int) -> None:
        """Make drafts of past tickets."""
        rule = ApprovalRule(approve_from, agreement) if approve_from is not None else None
        rows = read_tickets(source.name, source.read_bytes(), read_csv=read_csv)
        with tqdm(unit=" tickets", file=sys.stderr) as bar:

            def show(what: str, done: int, total: int) -> None:
                bar.unit = f" {what}"
                bar.total = total or None
                bar.update(done - bar.n if done >= bar.n else 0)

            report = self._tickets.run(rows, by=self._by, rule=rule, min_tickets=min_tickets, progress=show)
        self._say(ticket_lines(report))

    def list_drafts(self, status: str, limit: int) -> None:
        """Print drafts, those with the most tickets behind them first."""
        for draft in self._drafts.of_status(DraftStatus(status), limit=limit).drafts:
            behind = f", {draft.support} tickets, {draft.agreement:.0%} alike" if draft.support else ""
            self._say(f"{draft.draft_id}  {draft.content.category}{behind}\n    Q: {draft.content.question}")
            self._say("    A: " + draft.content.answer.replace("\n", "\n       "))

    def decide(self, draft_id: str, decision: str, reason: str = "") -> None:
        """Approve, reject or withdraw a draft."""
        draft = self._drafts.decide(draft_id, DraftDecision(decision), by=self._by, reason=reason)
        where = f"served from {draft.object_key}" if draft.served_at else draft.status.value
        self._say(f"{draft.draft_id} is {where}")

    def gaps(self, *, days: int, limit: int, as_json: bool) -> None:
        """Print the report of gaps."""
        report = self._gaps.report(days=days, limit=limit)
        self._say(report.model_dump_json() if as_json else gap_lines(report))

    def _say(self, text: str) -> None:
        print(text, file=self._out)


def ticket_lines(report: TicketImportReport) -> str:
    """Return the report of an import for people."""
    lines = [
        f"{report.tickets} tickets ({report.repeated} repeated) in {report.groups} groups",
        f"{report.created} drafts made, {report.updated} brought up to date, {report.unchanged} unchanged, "
        f"{report.approved} approved by the rule",
    ]
    return "\n".join([*lines, *(f"line {refused.line} left out: {refused.reason}" for refused in report.refused)])


def gap_lines(report: GapReport) -> str:
    """Return the report of gaps for people."""
    lines = [
        f"{report.questions} questions of {report.customers} customers found nothing good in {report.days} days; "
        f"{report.total_clusters} gaps" + (" (only the latest questions were looked at)" if report.truncated else "")
    ]
    for number, cluster in enumerate(report.clusters, start=1):
        lines.append(
            f"\n{number}. {cluster.label}\n   {cluster.customers} customers, {cluster.count} questions, "
            f"{cluster.first_seen:%Y-%m-%d} to {cluster.last_seen:%Y-%m-%d}"
        )
        if cluster.nearest:
            place = " > ".join(part for part in (cluster.nearest.title, cluster.nearest.heading) if part)
            lines.append(f"   nearest: {cluster.nearest.source} ({place})")
        lines += [f"   - {example}" for example in cluster.examples[1:]]
    return "\n".join(lines)
