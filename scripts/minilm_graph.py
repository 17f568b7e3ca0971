"""Builds the ONNX graph of all-MiniLM-L6-v2 from its weights, without torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
LAYER_NORM_EPSILON = 1e-12
MASKED_SCORE = -1e4
OPSET, IR_VERSION = 17, 9

Weights = Mapping[str, NDArray[np.float32]]


class GraphBuilder:
    """Nodes and constants of a graph, added one operation at a time; values are known by name."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value, dtype=dtype), name)
        return name

    def weight(self, key: str, *, transpose: bool = False) -> str:
        value = self._weights[key]
        return self.constant(key, np.ascontiguousarray(value.T) if transpose else value)

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        name = f"{operator}_{len(self._nodes)}"
        output = output or name
        self._nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def linear(self, x: str, key: str) -> str:
        product = self.add("MatMul", x, self.weight(f"{key}.weight", transpose=True))
        return self.add("Add", product, self.weight(f"{key}.bias"))

    def layer_norm(self, x: str, key: str) -> str:
        scale, bias = self.weight(f"{key}.weight"), self.weight(f"{key}.bias")
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def split_heads(self, x: str, axes: list[int]) -> str:
        shape = self.constant("head_shape", [0, 0, HEADS, WIDTH // HEADS], np.int64)
        return self.add("Transpose", self.add("Reshape", x, shape), perm=axes)

    def model(self) -> onnx.ModelProto:
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [
            helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, ["batch", "tokens", WIDTH]),
            helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", WIDTH]),
        ]
        graph = helper.make_graph(self._nodes, "all-MiniLM-L6-v2", inputs, outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model


def build_model(weights: Weights) -> onnx.ModelProto:
    """Build the encoder with mean pooling, ready for onnxruntime.

    Parameters
    ----------
    weights : mapping of str to ndarray, float32
        Tensors of ``model.safetensors``, named as published.

    Returns
    -------
    onnx.ModelProto
        Inputs ``input_ids`` and ``attention_mask``, int64, shape (batch, tokens), tokens <= 512. Outputs
        ``token_embeddings``, shape (batch, tokens, 384), and ``sentence_embedding``, shape (batch, 384): the mean over
        unmasked tokens, scaled to length 1.

    Raises
    ------
    KeyError
        A tensor of the architecture is missing.

    Notes
    -----
    BERT: Devlin et al. (2019), NAACL, 4171-4186; post-layer-norm, GELU by the error function.
    """
    graph = GraphBuilder(weights)
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    attention_bias = _attention_bias(graph, mask)
    x = _embed_tokens(graph, weights)
    for layer in range(LAYERS):
        key = f"encoder.layer.{layer}"
        x = _attend(graph, x, key, attention_bias)
        x = _feed_forward(graph, x, key)
    tokens = graph.add("Identity", x, output="token_embeddings")
    _pool_mean(graph, tokens, mask)
    return graph.model()


def _embed_tokens(graph: GraphBuilder, weights: Weights) -> str:
    zero, one = graph.constant("index_0", 0, np.int64), graph.constant("index_1", 1, np.int64)
    length = graph.add("Gather", graph.add("Shape", "input_ids"), one, axis=0)
    positions = graph.add("Range", zero, length, one)
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    places = graph.add("Gather", graph.weight("embeddings.position_embeddings.weight"), positions)
    # Every text is one segment, so the segment embedding is a constant.
    segment = graph.constant("segment_0", weights["embeddings.token_type_embeddings.weight"][0])
    total = graph.add("Add", graph.add("Add", words, places), segment)
    return graph.layer_norm(total, "embeddings.LayerNorm")


def _attention_bias(graph: GraphBuilder, mask: str) -> str:
    wide = graph.add("Unsqueeze", mask, graph.constant("axes_1_2", [1, 2], np.int64))
    hidden = graph.add("Sub", graph.constant("one", 1.0), wide)
    return graph.add("Mul", hidden, graph.constant("masked_score", MASKED_SCORE))


def _attend(graph: GraphBuilder, x: str, key: str, bias: str) -> str:
    query = graph.split_heads(graph.linear(x, f"{key}.attention.self.query"), [0, 2, 1, 3])
    keys = graph.split_heads(graph.linear(x, f"{key}.attention.self.key"), [0, 2, 3, 1])
    values = graph.split_heads(graph.linear(x, f"{key}.attention.self.value"), [0, 2, 1, 3])
    scale = graph.constant("attention_scale", 1 / np.sqrt(WIDTH // HEADS))
    scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", query, keys), scale), bias)
    context = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), values)
    context = graph.add("Transpose", context, perm=[0, 2, 1, 3])
    merged = graph.add("Reshape", context, graph.constant("merged_shape", [0, 0, WIDTH], np.int64))
    output = graph.linear(merged, f"{key}.attention.output.dense")
    return graph.layer_norm(graph.add("Add", output, x), f"{key}.attention.output.LayerNorm")


def _feed_forward(graph: GraphBuilder, x: str, key: str) -> str:
    hidden = graph.linear(x, f"{key}.intermediate.dense")
    erf = graph.add("Erf", graph.add("Mul", hidden, graph.constant("sqrt_half", np.sqrt(0.5))))
    half = graph.add("Mul", hidden, graph.constant("half", 0.5))
    activated = graph.add("Mul", half, graph.add("Add", erf, graph.constant("one", 1.0)))
    output = graph.linear(activated, f"{key}.output.dense")
    return graph.layer_norm(graph.add("Add", output, x), f"{key}.output.LayerNorm")


def _pool_mean(graph: GraphBuilder, tokens: str, mask: str) -> None:
    token_axis = graph.constant("axis_1", [1], np.int64)
    wide = graph.add("Unsqueeze", mask, graph.constant("axis_2", [2], np.int64))
    total = graph.add("ReduceSum", graph.add("Mul", tokens, wide), token_axis, keepdims=0)
    count = graph.add("ReduceSum", mask, token_axis, keepdims=1)
    graph.add("LpNormalization", graph.add("Div", total, count), output="sentence_embedding", axis=-1, p=2)
