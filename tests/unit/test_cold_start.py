"""What a Lambda function puts off while it starts, and that it is put right afterwards."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from firstline import cold_start


@pytest.fixture
def starting() -> Iterator[None]:
    cold_start.begin()
    yield
    cold_start.end()
    gc.unfreeze()


def test_a_model_defined_meanwhile_is_built_on_first_use_and_checks_as_any_other(starting: None) -> None:
    class Inner(BaseModel):
        number: int

    class Outer(BaseModel):
        inner: Inner

    before = Outer.__pydantic_complete__
    assert Outer.model_validate({"inner": {"number": "3"}}).model_dump() == {"inner": {"number": 3}}
    assert (before, Outer.__pydantic_complete__) == (False, True)
    with pytest.raises(ValidationError):
        Outer.model_validate({"inner": {"number": "three"}})


def test_afterwards_models_are_built_at_once_and_garbage_is_collected(starting: None) -> None:
    assert not gc.isenabled()
    cold_start.end()

    class Late(BaseModel):
        number: int

    assert Late.__pydantic_complete__
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_to_end_what_was_not_begun_changes_nothing() -> None:
    frozen = gc.get_freeze_count()
    cold_start.end()
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


@pytest.mark.parametrize(("variables", "enabled"), [({}, "True"), ({"AWS_LAMBDA_FUNCTION_NAME": "api"}, "False")])
def test_only_on_lambda_it_begins_with_the_package(variables: dict[str, str], enabled: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | variables
    code = "import gc, firstline; print(gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == enabled
