"""What ``scripts/run`` does once its environment is there: ``run_server.py PORT DATA KNOWLEDGE``."""

import os
import sys
from pathlib import Path

from firstline.local import server

MODEL = Path(__file__).resolve().parents[2] / ".cache" / "embedding"


def load_handlers() -> server.Handlers:
    from functions.api import handler as api
    from functions.email_intake import handler as email_intake
    from functions.ingest_knowledge import handler as ingest_knowledge
    from functions.learn import handler as learn
    from functions.sweep import handler as sweep
    from functions.websocket import handler as websocket
    from functions.workflow import handler as workflow

    return server.Handlers(
        api_app=api.app,
        websocket=websocket.lambda_handler,
        workflow=workflow.lambda_handler,
        ingest=ingest_knowledge.lambda_handler,
        sweep=sweep.lambda_handler,
        learn=learn.lambda_handler,
        email_intake=email_intake.lambda_handler,
    )


if __name__ == "__main__":
    port, data, knowledge = sys.argv[1:]
    for limit in ("REQUESTS", "MESSAGES", "SESSIONS"):
        os.environ.setdefault(f"MAX_{limit}_PER_MINUTE", "0")
    os.environ.setdefault("MAX_REQUESTS_PER_MINUTE_PER_CUSTOMER", "0")
    os.environ |= {"DATA_PATH": data, "DOCUMENTS_PATH": knowledge, "EMBEDDING_MODEL_PATH": str(MODEL)}
    sys.exit(
        server.main(
            ["--host", "127.0.0.1", "--port", port, "--data", data, "--knowledge", knowledge],
            load_handlers=load_handlers,
        )
    )
