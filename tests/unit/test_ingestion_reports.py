"""The last report of ingestion is kept whole, unless it names very many files."""

from pathlib import Path

from firstline.adapters.local.table import SQLiteTable
from firstline.adapters.system import SystemClock
from firstline.domain.ingestion import IngestionReport, SkippedSource
from firstline.domain.knowledge_audit import CategoryCoverage, KnowledgeAudit, SimilarChunks
from firstline.repositories.ingestion_reports import MOST_NAMED, IngestionReportRepository


def test_the_last_report_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    table = SQLiteTable(tmp_path / "t.db", clock=SystemClock())
    reports = IngestionReportRepository(table)
    assert reports.last() is None
    audit = KnowledgeAudit(
        contradictions=[SimilarChunks(first="a", second="b", cosine=0.98, reason="other figures")],
        n_contradictions=1,
        coverage={"bug_report": CategoryCoverage(documents=1, chunks=2)},
    )
    for number in (1, 2):
        report = IngestionReport(documents=number, skipped=[SkippedSource(source="x", reason="empty")], audit=audit)
        reports.save(report)
        assert reports.last() == report
    table.close()


def test_a_report_that_names_a_hundred_thousand_files_fits_into_one_item(tmp_path: Path) -> None:
    table = SQLiteTable(tmp_path / "t.db", clock=SystemClock())
    reports = IngestionReportRepository(table)
    skipped = [SkippedSource(source=f"{number}-" + "x" * 900, reason="y" * 900) for number in range(1000)] * 100
    pairs = [SimilarChunks(first="a" * 900, second="b" * 900, cosine=1, reason="other figures")] * 100
    audit = KnowledgeAudit(near_duplicates=pairs, contradictions=pairs)
    reports.save(IngestionReport(skipped=skipped, ignored=["z" * 900] * 1000, audit=audit))
    kept = reports.last()
    assert kept is not None
    assert (len(kept.skipped), len(kept.ignored)) == (MOST_NAMED, MOST_NAMED)
    table.close()
