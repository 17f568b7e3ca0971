"""Firstline: first-line customer support that a company owns."""

import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Before anything else of ours, or FastAPI, is imported; ``bootstrap.container`` ends it.
    from firstline import cold_start

    cold_start.begin()
