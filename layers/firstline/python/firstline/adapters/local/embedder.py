"""Sentence embeddings by all-MiniLM-L6-v2 on onnxruntime."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import EmbedderUnavailableError
from firstline.domain.lexical import STOP_WORDS
from firstline.domain.message_vectors import MessageVectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

MODEL_FILE = "model.int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 256
DIMENSIONS = 384
CONTENT_SHARE = 0.35
"""How much of a question's vector is the mean of its content words alone."""

_WITHOUT_CONTENT = STOP_WORDS | {"[CLS]", "[SEP]"}


class OnnxEmbedder:
    """Embeds texts with the model in a folder, loaded on first use. Safe for many threads.

    Every text goes through the model alone: dynamic quantisation scales activations over a whole batch, so in a batch
    a text's vector would depend on its neighbours.

    Parameters
    ----------
    folder : Path
        Holds ``model.int8.onnx`` and ``tokenizer.json``.
    threads : int
        Cores: a text alone uses them all, of several texts so many are embedded side by side; >= 1. The vectors are
        the same either way.
    """

    def __init__(self, folder: Path, *, threads: int = 2, model_file: str = MODEL_FILE) -> None:
        self._folder = folder
        self._threads = threads
        self._model_file = model_file
        self._loading = threading.Lock()
        self._tokenizer: Tokenizer | None = None
        self._sessions: dict[int, InferenceSession] = {}
        self._pool: ThreadPoolExecutor | None = None

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return DIMENSIONS

    @property
    def model_id(self) -> str:
        """Name, precision and truncation of the model."""
        return f"all-MiniLM-L6-v2/{self._model_file.removeprefix('model.').removesuffix('.onnx')}/{MAX_TOKENS}"

    def knows(self, word: str) -> bool:
        """Tell whether the model reads a word in small letters as one piece, as it does with common words.

        Raises ``EmbedderUnavailableError``.
        """
        tokenizer, _ = self._model(cores=self._threads)
        return tokenizer.token_to_id(word) is not None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of length 1, shape (n_texts, 384).

        A text beyond 256 tokens is cut there. The same text always gives the same vector, alone or among others.

        Raises
        ------
        EmbedderUnavailableError
            The model is missing or broken.
        """
        return self._each(texts, _vector)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of questions, shape (n_texts, 384), length 1, in which content words weigh more.

        Comparable with those of ``embed``, and from the same single pass. The same text always gives the same vector.

        Raises
        ------
        EmbedderUnavailableError
            The model is missing or broken.
        """
        return self._each(texts, _query_vector)

    def embed_message(self, text: str) -> MessageVectors:
        """Return what ``embed`` and ``embed_queries`` make of one text, in one pass of the model.

        Raises
        ------
        EmbedderUnavailableError
            The model is missing or broken.
        """
        return _message_vectors(*self._model(cores=self._threads), text)

    def _each(
        self, texts: Sequence[str], vector_of: Callable[[Tokenizer, InferenceSession, str], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        distinct = list(dict.fromkeys(texts))
        side_by_side = len(distinct) > 1 and self._threads > 1
        tokenizer, session = self._model(cores=1 if side_by_side else self._threads)
        if side_by_side:
            rows = list(self._workers().map(lambda text: vector_of(tokenizer, session, text), distinct))
        else:
            rows = [vector_of(tokenizer, session, text) for text in distinct]
        if not rows:
            return np.empty((0, DIMENSIONS), np.float32)
        by_text = dict(zip(distinct, rows, strict=True))
        return np.stack([by_text[text] for text in texts])

    def _workers(self) -> ThreadPoolExecutor:
        with self._loading:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
            return self._pool

    def _model(self, *, cores: int) -> tuple[Tokenizer, InferenceSession]:
        tokenizer, session = self._tokenizer, self._sessions.get(cores)
        if tokenizer is None or session is None:
            with self._loading:
                tokenizer = self._tokenizer = self._tokenizer or _load_tokenizer(self._folder)
                if cores not in self._sessions:
                    self._sessions[cores] = _load_session(self._folder, self._model_file, cores)
                session = self._sessions[cores]
        return tokenizer, session


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise EmbedderUnavailableError(f"the embedding model is missing: {path}; build it with scripts/build_embedding")
    return path


def _load_session(folder: Path, model_file: str, cores: int) -> InferenceSession:
    path = _existing(folder / model_file)
    from onnxruntime import InferenceSession, SessionOptions
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf

    options = SessionOptions()
    options.intra_op_num_threads = cores
    options.inter_op_num_threads = 1
    # Threads that spin between two texts would take the cores from everything else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
        raise EmbedderUnavailableError(f"{path} is broken; build it again: {error}") from error


def _load_tokenizer(folder: Path) -> Tokenizer:
    path = _existing(folder / TOKENIZER_FILE)
    from tokenizers import Tokenizer

    try:
        rules = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EmbedderUnavailableError(f"{path} is broken; build it again: {error}") from error
    tokenizer = Tokenizer.from_str(json.dumps(rules))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _vector(tokenizer: Tokenizer, session: InferenceSession, text: str) -> NDArray[np.float32]:
    (vector,) = _outputs(session, tokenizer.encode(text), "sentence_embedding")
    return vector


def _query_vector(tokenizer: Tokenizer, session: InferenceSession, text: str) -> NDArray[np.float32]:
    return _message_vectors(tokenizer, session, text).query


def _message_vectors(tokenizer: Tokenizer, session: InferenceSession, text: str) -> MessageVectors:
    encoding = tokenizer.encode(text)
    vector, tokens = _outputs(session, encoding, "sentence_embedding", "token_embeddings")
    content = tokens[[token not in _WITHOUT_CONTENT for token in encoding.tokens]]  # (n_content_tokens, 384)
    if not len(content):
        return MessageVectors(vector, vector)
    query = _unit((1 - CONTENT_SHARE) * vector + CONTENT_SHARE * _unit(content.mean(axis=0)))
    return MessageVectors(vector, query)


def _outputs(session: InferenceSession, encoding: Encoding, *names: str) -> list[NDArray[np.float32]]:
    ids = np.array([encoding.ids], dtype=np.int64)
    outputs: list[Any] = session.run(list(names), {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return [output[0] for output in outputs]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length: np.float32 = np.linalg.norm(vector)
    return vector / length
