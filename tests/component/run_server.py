"""What ``scripts/run`` does once its environment is there: ``run_server.py PORT DATA KNOWLEDGE``."""

import os
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().parents[2] / ".cache" / "embedding"

if __name__ == "__main__":
    port, data, knowledge = sys.argv[1:]
    os.environ |= {"DATA_PATH": data, "DOCUMENTS_PATH": knowledge, "EMBEDDING_MODEL_PATH": str(MODEL)}
    from firstline.local import server
    from functions.api import handler as api
    from functions.ingest_knowledge import handler as ingest_knowledge
    from functions.websocket import handler as websocket
    from functions.workflow import handler as workflow

    sys.exit(
        server.main(
            ["--host", "127.0.0.1", "--port", port, "--data", data, "--knowledge", knowledge],
            api_handler_app=api.app,
            websocket_handler=websocket.lambda_handler,
            workflow_handler=workflow.lambda_handler,
            ingest_handler=ingest_knowledge.lambda_handler,
        )
    )
