"""Reference paths: reading and writing a document without touching the one given."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from firstline.adapters.local.asl_paths import PathNotFoundError, ReferencePath, ResultPathMismatchError


def written(path: str, document: Any) -> Any:
    return ReferencePath.parse(path).write(document, "new")


def test_the_root_path_replaces_the_document_whatever_it_is():
    assert written("$", {"a": 1}) == "new"
    assert written("$", None) == "new"


def test_a_path_makes_what_is_missing_on_its_way_and_keeps_the_rest():
    assert written("$.a.b.c", {"x": 1, "a": {"y": 2}}) == {"x": 1, "a": {"y": 2, "b": {"c": "new"}}}


def test_writing_leaves_the_given_document_and_its_parts_as_they_were():
    document = {"a": {"b": {"c": "old"}}, "x": [1]}
    before = copy.deepcopy(document)
    written("$.a.b.c", document)
    assert document == before


@pytest.mark.parametrize("document", ["text", None, [], {"a": 3}, {"a": [{}]}, {"a": None}])
def test_a_value_that_is_no_object_is_not_overwritten_to_make_way(document: Any):
    with pytest.raises(ResultPathMismatchError):
        written("$.a.b", document)


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"a": [1]}, {"a": {"c": 1}}, "a", None])
def test_reading_a_path_that_leads_nowhere_is_an_error_and_not_null(document: Any):
    with pytest.raises(PathNotFoundError):
        ReferencePath.parse("$.a.b").read(document, {})


def test_a_field_that_is_null_is_found():
    assert ReferencePath.parse("$.a").read({"a": None}, {}) is None
