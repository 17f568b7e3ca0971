"""Computes fp32 vectors of all-MiniLM-L6-v2 by numpy from its published weights, as a reference for the embedder.

``python make_minilm_vectors.py FOLDER`` where FOLDER holds ``model.safetensors`` (SHA-256 53aa5117...) and
``tokenizer.json``, as scripts/build_embedding unpacks them; writes ``minilm_vectors.npz`` beside this file. Needs
numpy, safetensors and tokenizers; shares no code with the ONNX graph.
"""

import math
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

TEXTS = (
    "How do I reset my password?",
    "refund",
    "My invoice for March shows two seats too many, and I was charged twice on the same card. Please fix it.",
    "SYNC-409: the calendar import stopped half-way",
    "wo finde ich meine Rechnung?",
    "caf\u00e9 \u2013 r\u00e9servation",
    " ".join(f"Step {number}: open the settings, choose members, and press save." for number in range(40)),
    "Do you offer a discount for students and non-profit organisations?",
)
HEADS, LAYERS, MAX_TOKENS = 12, 6, 256


def main(folder: Path) -> None:
    weights = {name.removeprefix("bert."): value for name, value in load_file(folder / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    vectors = np.stack([embed(weights, tokenizer.encode(text).ids) for text in TEXTS]).astype(np.float16)
    np.savez_compressed(Path(__file__).with_name("minilm_vectors.npz"), texts=np.array(TEXTS), vectors=vectors)


def embed(weights: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = normed(weights, "embeddings.LayerNorm", x + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        q, k, v = (heads(linear(weights, f"{at}.attention.self.{name}", x)) for name in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        attention = np.exp(scores - scores.max(-1, keepdims=True))
        attention /= attention.sum(-1, keepdims=True)
        context = (attention @ v).transpose(1, 0, 2).reshape(x.shape)
        x = normed(
            weights,
            f"{at}.attention.output.LayerNorm",
            x + linear(weights, f"{at}.attention.output.dense", context),
        )
        hidden = linear(weights, f"{at}.intermediate.dense", x)
        hidden = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
        x = normed(weights, f"{at}.output.LayerNorm", x + linear(weights, f"{at}.output.dense", hidden))
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


def linear(weights: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def heads(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def normed(weights: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
