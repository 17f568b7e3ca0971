"""The embedder gives the published model's vectors, the same ones every time."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from firstline.adapters.local import embedder as embedder_module
from firstline.adapters.local.embedder import MAX_TOKENS, MODEL_FILE, TOKENIZER_FILE, OnnxEmbedder
from firstline.domain.chunking import chunk_document, embedded_text
from firstline.domain.documents import Block, Document, Section
from firstline.domain.errors import EmbedderUnavailableError

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / ".cache" / "embedding"
REFERENCE = np.load(Path(__file__).parent / "reference" / "minilm_vectors.npz")
TEXTS: list[str] = REFERENCE["texts"].tolist()
SENTENCES: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "reference" / "sentences.json").read_text(encoding="utf-8")
)
LEAST_COSINE = 0.98
LEAST_MEAN_COSINE = 0.99


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(MODEL)


def test_vectors_are_those_of_the_published_model_but_for_quantisation(embedder: OnnxEmbedder) -> None:
    cosines = np.sum(embedder.embed(TEXTS) * REFERENCE["vectors"].astype(np.float32), axis=1)
    assert cosines.min() >= LEAST_COSINE
    assert cosines.mean() >= LEAST_MEAN_COSINE


def test_vectors_have_length_one_and_the_stated_shape(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: OnnxEmbedder) -> None:
    together = embedder.embed([*TEXTS, *reversed(TEXTS)])
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.array_equal(together[: len(TEXTS)], alone)
    assert np.array_equal(together[len(TEXTS) :], alone[::-1])


def test_another_embedder_and_many_threads_give_the_same_vectors(embedder: OnnxEmbedder) -> None:
    expected = embedder.embed(TEXTS[:4])
    fresh = OnnxEmbedder(MODEL, threads=1)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: fresh.embed(TEXTS[:4]), range(8)))
    assert all(np.array_equal(result, expected) for result in results)


def test_what_lies_beyond_256_tokens_is_not_read(embedder: OnnxEmbedder) -> None:
    long = "settings " * 300
    assert np.array_equal(embedder.embed([long])[0], embedder.embed([long + "invoice " * 50])[0])
    assert not np.array_equal(embedder.embed(["settings " * 200])[0], embedder.embed([long])[0])


def test_no_texts_give_no_vectors_and_an_empty_text_gives_one(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    assert np.isfinite(embedder.embed([""])).all()


def test_a_question_is_drawn_to_its_content_words(embedder: OnnxEmbedder) -> None:
    asked, bare = "hi, could you please tell me how I get a refund?", "refund"
    (plain,), (query,), (content,) = embedder.embed([asked]), embedder.embed_queries([asked]), embedder.embed([bare])
    assert query @ content > plain @ content + 0.02
    assert query @ plain > 0.9


def test_vectors_of_questions_have_length_one_and_are_the_same_alone_and_among_others(embedder: OnnxEmbedder) -> None:
    together = embedder.embed_queries([*TEXTS, TEXTS[0]])
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS) + 1), abs=1e-5)
    assert all(
        np.array_equal(embedder.embed_queries([text])[0], row) for text, row in zip(TEXTS, together, strict=False)
    )
    assert np.array_equal(together[-1], together[0])


@pytest.mark.parametrize("text", [*TEXTS, "", "!?", "how do I get a refund?"])
def test_both_vectors_of_a_message_are_made_in_one_pass_and_are_those_of_the_two_ways(
    embedder: OnnxEmbedder, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[str] = []
    outputs = embedder_module._outputs

    def counted(*given: Any) -> Any:
        passes.append("one")
        return outputs(*given)

    monkeypatch.setattr(embedder_module, "_outputs", counted)
    vectors = embedder.embed_message(text)
    assert passes == ["one"]
    assert np.array_equal(vectors.text, embedder.embed([text])[0])
    assert np.array_equal(vectors.query, embedder.embed_queries([text])[0])


@pytest.mark.parametrize("text", ["", "what is it about?", "!?"])
def test_a_question_without_content_words_has_a_vector(embedder: OnnxEmbedder, text: str) -> None:
    vector = embedder.embed_queries([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_nothing_is_loaded_before_the_first_text(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tmp_path / "missing")
    assert (embedder.dimensions, embedder.model_id) == (384, "all-MiniLM-L6-v2/int8/256")


def test_a_missing_model_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailableError, match="scripts/build_embedding"):
        OnnxEmbedder(tmp_path).embed(["refund"])


@pytest.mark.parametrize("broken", [MODEL_FILE, "tokenizer.json"])
def test_a_broken_file_is_named(tmp_path: Path, broken: str) -> None:
    for name in (MODEL_FILE, "tokenizer.json"):
        shutil.copy(MODEL / name, tmp_path / name)
    (tmp_path / broken).write_bytes(b"\xff cut off")
    with pytest.raises(EmbedderUnavailableError, match=broken):
        OnnxEmbedder(tmp_path).embed(["refund"])


@pytest.mark.parametrize("name", SENTENCES)
def test_no_chunk_of_an_article_in_any_language_is_longer_than_the_model_reads(name: str) -> None:
    language, sentence = SENTENCES[name]["language"], SENTENCES[name]["sentence"]
    tokenizer = Tokenizer.from_file(str(MODEL / TOKENIZER_FILE))
    tokenizer.no_truncation()
    paragraphs = [Block("paragraph", (sentence * count).strip()) for count in (3, 60, 4, 5, 6)]
    endless = Block("paragraph", sentence.replace("\u3002", "").replace(".", "") * 60)
    section = Section(("Refunds",), "refunds", (*paragraphs, endless))
    article = Document(source="a.md", title="Billing", sections=(section,), language=language)
    chunks = chunk_document(article)
    lengths = [len(tokenizer.encode(embedded_text(chunk)).ids) for chunk in chunks]
    assert max(lengths) <= MAX_TOKENS
    assert np.mean(lengths) >= MAX_TOKENS / 4
    written = "".join(block.text for block in section.blocks)
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(written.split())
