"""The REST API and the demo page."""

from __future__ import annotations

from mangum import Mangum

from firstline.bootstrap import container
from firstline.web.app import create_app
from firstline.web.problems import MEDIA_TYPE

app = create_app(container(), visitors_first=container().settings.runtime == "aws")
# What is not named here leaves as base64.
lambda_handler = Mangum(
    app, lifespan="off", text_mime_types=["text/", "application/json", "application/javascript", MEDIA_TYPE]
)
