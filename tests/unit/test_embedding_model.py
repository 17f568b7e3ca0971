"""The built embedding model: whole or made anew, and the published weights."""

import json

import embedding_model
import pytest


def test_the_built_files_are_those_of_the_manifest():
    manifest = json.loads(embedding_model.MANIFEST.read_text(encoding="utf-8"))
    assert manifest["dimensions"] == 384
    assert set(manifest["files"]) >= {"model.int8.onnx", "tokenizer.json"}
    for name, file in manifest["files"].items():
        assert embedding_model.file_sha256(embedding_model.FOLDER / name) == file["sha256"]


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_model, "FOLDER", tmp_path)
    monkeypatch.setattr(embedding_model, "MANIFEST", tmp_path / "manifest.json")
    (tmp_path / embedding_model.INT8).write_bytes(b"12345")
    (tmp_path / embedding_model.TOKENIZER).write_bytes(b"{}")
    files = {embedding_model.INT8: {"bytes": 5}, embedding_model.TOKENIZER: {"bytes": 2}}
    manifest = {"recipe": embedding_model.recipe(), "files": files}
    embedding_model.MANIFEST.write_text(json.dumps(manifest))
    return manifest


def test_a_finished_build_is_used_as_it_is(built):
    assert embedding_model.is_built(with_fp32=False)
    assert embedding_model.steps() == []


def test_a_build_without_the_unquantised_model_is_not_enough_for_tests(built):
    assert not embedding_model.is_built(with_fp32=True)
    labels = [step.label for step in embedding_model.steps(with_fp32=True)]
    assert labels[-1] == "Embedding model (.cache/embedding)"


def test_a_file_cut_short_makes_the_build_start_over(built):
    (embedding_model.FOLDER / embedding_model.INT8).write_bytes(b"1234")
    assert not embedding_model.is_built(with_fp32=False)


def test_a_build_without_manifest_starts_over(built):
    embedding_model.MANIFEST.unlink()
    assert not embedding_model.is_built(with_fp32=False)


def test_a_build_of_another_recipe_starts_over(built):
    embedding_model.MANIFEST.write_text(json.dumps(built | {"recipe": "older"}))
    assert not embedding_model.is_built(with_fp32=False)
