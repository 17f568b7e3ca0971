"""The REST API and the demo page."""

from __future__ import annotations

from mangum import Mangum

from firstline.bootstrap import container
from firstline.web.app import create_app

app = create_app(container())
lambda_handler = Mangum(app, lifespan="off")
