"""What a company does when something is lost: the drill of infra_cdk/recovery.py, as far as an emulator has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from infra_cdk.recovery import count_items, drill_object, rebuild_index, restore_table
from rehearsal.checking import CheckFailedError, check
from rehearsal.deployment import Deployment


def drilled(deployment: Deployment) -> str:
    """Table, an object and the index come back; timed. Raises ``CheckFailedError``."""
    table, bucket = deployment.outputs["TableName"], deployment.outputs["KnowledgeBucketName"]
    (ingest,) = (name for name in deployment.names("AWS::Lambda::Function") if "IngestKnowledge" in name)
    started = time.monotonic()
    tables = deployment.client("dynamodb")
    restore_table(tables, table, "firstline-drill", datetime.now(UTC), wait_s=0.2)
    try:
        live, copy = count_items(tables, table), count_items(tables, "firstline-drill")
        # Turns and counters go on meanwhile.
        check(0 < copy <= live <= copy + 100, f"{live} items, of which {copy} came back")
    finally:
        tables.delete_table(TableName="firstline-drill")
    try:
        drill_object(deployment.client("s3"), bucket, "drill/object.drill")
        told = rebuild_index(deployment.client("lambda"), ingest)
    except (LookupError, RuntimeError) as error:
        raise CheckFailedError(str(error)) from error
    chunks = sum(report["chunks"] for report in told["reports"])
    check(chunks > 0, f"an index without a chunk: {told}")
    return f"{copy} items, an object, {chunks} chunks in {time.monotonic() - started:.0f} s"
