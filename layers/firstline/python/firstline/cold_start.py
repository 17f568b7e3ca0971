"""Makes a Lambda function start sooner: what is imported is not looked through, and models are built when used."""

from __future__ import annotations

import gc

from pydantic import BaseModel


def begin() -> None:
    """From now on collect no garbage, and build the validator of a pydantic model when the model is first used.

    What is imported stays, so looking through it for garbage again and again finds none; and of all models, FastAPI's
    and ours, a request uses few.
    """
    gc.disable()
    # Every model inherits it.
    BaseModel.model_config["defer_build"] = True


def end() -> None:
    """Build models as they are defined again, and collect garbage again, but not among what is there by now."""
    if BaseModel.model_config.pop("defer_build", False):
        gc.freeze()
        gc.enable()
