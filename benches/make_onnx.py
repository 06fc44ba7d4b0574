"""Writes all-MiniLM-L6-v2 as an f32 ONNX graph from model.safetensors, for the benchmark's peer.

    python make_onnx.py models/all-MiniLM-L6-v2 target/bench/model.onnx

A plain BERT as transformers.js wants it for `feature-extraction`: inputs input_ids, attention_mask and
token_type_ids, all int64 [batch, seq]; output last_hidden_state, f32 [batch, seq, hidden]. The weights are the
file's own bytes. With --fused the same mathematics is written with ONNX Runtime's own fused operators (attention,
residual with LayerNorm, bias with GELU), which its optimiser would otherwise have to find.

Needs the packages onnx and numpy. If onnxruntime is there too, the graph is run once against plain numpy.
"""

import argparse
import json
import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
MICROSOFT = "com.microsoft"
# Large enough that a masked position has probability 0 in f32, small enough that no sum overflows.
MASKED = -1e30
# Of the check: cosine of each token's vector against numpy's.
LEAST_COSINE = 0.999999


def read_safetensors(path):
    """The f32 tensors of a safetensors file by name."""
    data = path.read_bytes()
    header_size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + header_size])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + header_size :]
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            continue
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[start:end], dtype="<f4").reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes and constants in the making; every method gives the name of a value."""

    def __init__(self):
        self.nodes = []
        self.constants = {}

    def constant(self, name, array):
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def floats(self, name, values):
        return self.constant(name, np.array(values, dtype=np.float32))

    def ints(self, name, values):
        return self.constant(name, np.array(values, dtype=np.int64))

    def op(self, kind, inputs, name, domain="", **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name


class Bert:
    """Writes the encoder's parts into a graph."""

    def __init__(self, tensors, config, fused):
        self.tensors, self.config, self.fused = tensors, config, fused
        self.graph = Graph()
        self.heads = config["num_attention_heads"]
        self.head_dim = config["hidden_size"] // self.heads

    def weight(self, name):
        return self.graph.constant(name, self.tensors[name])

    def product(self, x, name):
        """x times the projection's weight, without the bias."""
        transposed = self.graph.constant(f"{name}.weight^T", self.tensors[f"{name}.weight"].T)
        return self.graph.op("MatMul", [x, transposed], f"{name}.product")

    def linear(self, x, name):
        return self.graph.op("Add", [self.product(x, name), self.weight(f"{name}.bias")], name)

    def layer_norm(self, x, name):
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        epsilon = self.config["layer_norm_eps"]
        return self.graph.op("LayerNormalization", [x, scale, shift], name, axis=-1, epsilon=epsilon)

    def residual_norm(self, x, residual, projection, name):
        """LayerNorm(projection(x) + residual)."""
        if not self.fused:
            total = self.graph.op("Add", [self.linear(x, projection), residual], f"{name}.sum")
            return self.layer_norm(total, name)
        norm = [self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), self.weight(f"{projection}.bias")]
        inputs = [self.product(x, projection), residual, *norm]
        epsilon = self.config["layer_norm_eps"]
        return self.graph.op("SkipLayerNormalization", inputs, name, domain=MICROSOFT, epsilon=epsilon)

    def embeddings(self):
        graph = self.graph
        words = graph.op("Gather", [self.weight("embeddings.word_embeddings.weight"), "input_ids"], "words")
        types = graph.op("Gather", [self.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "types")
        length = graph.op("Shape", ["input_ids"], "length", start=1, end=2)
        table = self.weight("embeddings.position_embeddings.weight")
        places = graph.op("Slice", [table, graph.ints("zero", [0]), length, graph.ints("axis_0", [0])], "places")
        total = graph.op("Add", [graph.op("Add", [words, types], "words_types"), places], "embedded")
        return self.layer_norm(total, "embeddings.LayerNorm")

    def mask(self):
        """0 where a token is, MASKED where padding is: [batch, 1, 1, seq]."""
        graph = self.graph
        present = graph.op("Cast", ["attention_mask"], "present", to=TensorProto.FLOAT)
        absent = graph.op("Sub", [graph.floats("one", 1.0), present], "absent")
        penalty = graph.op("Mul", [absent, graph.floats("masked", MASKED)], "penalty")
        mask = graph.op("Unsqueeze", [penalty, graph.ints("axes_1_2", [1, 2])], "mask")
        return self.mask_for_every_query(mask) if self.fused else mask

    def mask_for_every_query(self, mask):
        """The fused operator wants [batch, 1, seq, seq]."""
        graph = self.graph
        length = graph.op("Shape", ["input_ids"], "mask_length", start=1, end=2)
        ones = graph.ints("two_ones", [1, 1])
        shape = graph.op("Concat", [ones, length, graph.ints("one_int", [1])], "mask_shape", axis=0)
        return graph.op("Expand", [mask, shape], "full_mask")

    def by_heads(self, x, order, name):
        """[batch, seq, hidden] to [batch, heads, ...]."""
        shape = self.graph.ints("by_heads", [0, 0, self.heads, self.head_dim])
        split = self.graph.op("Reshape", [x, shape], f"{name}.split")
        return self.graph.op("Transpose", [split], f"{name}.heads", perm=order)

    def attention(self, x, mask, layer):
        at = f"{layer}.attention.self"
        if self.fused:
            return self.fused_attention(x, mask, at)
        graph = self.graph
        query = self.by_heads(self.linear(x, f"{at}.query"), [0, 2, 1, 3], f"{at}.query")
        key = self.by_heads(self.linear(x, f"{at}.key"), [0, 2, 3, 1], f"{at}.key")
        value = self.by_heads(self.linear(x, f"{at}.value"), [0, 2, 1, 3], f"{at}.value")
        scores = graph.op("MatMul", [query, key], f"{at}.scores")
        scaled = graph.op("Div", [scores, graph.floats("root", math.sqrt(self.head_dim))], f"{at}.scaled")
        seen = graph.op("Add", [scaled, mask], f"{at}.seen")
        shares = graph.op("Softmax", [seen], f"{at}.shares", axis=-1)
        context = graph.op("MatMul", [shares, value], f"{at}.context")
        joined = graph.op("Transpose", [context], f"{at}.joined", perm=[0, 2, 1, 3])
        return graph.op("Reshape", [joined, graph.ints("whole", [0, 0, self.config["hidden_size"]])], at)

    def fused_attention(self, x, mask, at):
        biases = np.concatenate([self.tensors[f"{at}.{part}.bias"] for part in ("query", "key", "value")])
        bias = self.graph.constant(f"{at}.biases", biases)
        parts = [self.product(x, f"{at}.{part}") for part in ("query", "key", "value")]
        inputs = [*parts, bias, "", mask]
        return self.graph.op("MultiHeadAttention", inputs, at, domain=MICROSOFT, num_heads=self.heads)

    def inner(self, x, layer):
        name = f"{layer}.intermediate.dense"
        if self.fused:
            inputs = [self.product(x, name), self.weight(f"{name}.bias")]
            return self.graph.op("BiasGelu", inputs, f"{name}.gelu", domain=MICROSOFT)
        return self.graph.op("Gelu", [self.linear(x, name)], f"{name}.gelu")

    def layer(self, x, mask, layer):
        context = self.attention(x, mask, layer)
        output = f"{layer}.attention.output"
        x = self.residual_norm(context, x, f"{output}.dense", f"{output}.LayerNorm")
        inner = self.inner(x, layer)
        return self.residual_norm(inner, x, f"{layer}.output.dense", f"{layer}.output.LayerNorm")

    def model(self):
        x, mask = self.embeddings(), self.mask()
        for index in range(self.config["num_hidden_layers"]):
            x = self.layer(x, mask, f"encoder.layer.{index}")
        self.graph.op("Identity", [x], "last_hidden_state")
        names = ("input_ids", "attention_mask", "token_type_ids")
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "seq"]) for name in names]
        shape = ["batch", "seq", self.config["hidden_size"]]
        output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, shape)
        constants = list(self.graph.constants.values())
        graph = helper.make_graph(self.graph.nodes, "all-MiniLM-L6-v2", inputs, [output], constants)
        opsets = [helper.make_opsetid("", OPSET)] + [helper.make_opsetid(MICROSOFT, 1)] * self.fused
        # IR 9 is what came with opset 20; a newer number only shuts out older runtimes.
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="figret benches")


def numpy_bert(tensors, config, ids):
    """last_hidden_state of one text in f64: the definition that the graph is held to."""
    get = lambda name: tensors[name].astype(np.float64)
    linear = lambda x, name: x @ get(f"{name}.weight").T + get(f"{name}.bias")

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return centred / deviation * get(f"{name}.weight") + get(f"{name}.bias")

    def attention(x, at):
        heads = config["num_attention_heads"]
        query, key, value = (
            linear(x, f"{at}.{part}").reshape(len(ids), heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        return (shares @ value).transpose(1, 0, 2).reshape(len(ids), -1)

    gelu = lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    words, places = get("embeddings.word_embeddings.weight"), get("embeddings.position_embeddings.weight")
    types = get("embeddings.token_type_embeddings.weight")
    x = norm(words[ids] + places[: len(ids)] + types[0], "embeddings.LayerNorm")
    for index in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{index}"
        context = attention(x, f"{at}.attention.self")
        x = norm(linear(context, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm")
        inner = gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(linear(inner, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
    return x


def check(path, tensors, config):
    """Runs the graph on two texts of random ids, one of them padded, against numpy."""
    try:
        import onnxruntime
    except ImportError:
        print("make_onnx: onnxruntime is not installed, so the graph was not run here", file=sys.stderr)
        return
    random = np.random.default_rng(0)
    texts = [random.integers(1000, config["vocab_size"], size) for size in (9, 23)]
    ids = np.zeros((2, 23), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, feeds)
    least = 1.0
    for row, text in enumerate(texts):
        expected = numpy_bert(tensors, config, text)
        got = found[row, : len(text)]
        norms = np.linalg.norm(got, axis=-1) * np.linalg.norm(expected, axis=-1)
        least = min(least, float(((got * expected).sum(-1) / norms).min()))
    if not least >= LEAST_COSINE:
        sys.exit(f"make_onnx: the graph is wrong, least cosine {least}")
    print(f"make_onnx: agrees with numpy, least cosine {least:.9f}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="folder of config.json and model.safetensors")
    parser.add_argument("onnx", type=pathlib.Path, help="file to write")
    parser.add_argument("--fused", action="store_true", help="use ONNX Runtime's own fused operators")
    arguments = parser.parse_args()
    config = json.loads((arguments.model / "config.json").read_text())
    tensors = read_safetensors(arguments.model / "model.safetensors")
    model = Bert(tensors, config, arguments.fused).model()
    onnx.checker.check_model(model)
    part = arguments.onnx.with_suffix(".part")
    onnx.save(model, str(part))
    check(part, tensors, config)
    part.replace(arguments.onnx)


if __name__ == "__main__":
    main()
