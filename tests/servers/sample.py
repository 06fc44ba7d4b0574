"""The sample's passages with the vectors that ship with it."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np

DEMO = Path(__file__).resolve().parents[2] / "www" / "demo"


def rows():
    """One `(id, title, text, vector)` a passage; vectors are float32 of length 1 but for rounding."""
    vectors = vectors_by_key()
    for line in (DEMO / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        passage = json.loads(line)
        title, text = passage.get("title", ""), passage["text"]
        yield passage["_id"], title, text, vectors[key(f"{title} {text}".strip())]


def key(text):
    """What a text is known by: the first half of its SHA-256."""
    return hashlib.sha256(text.encode()).digest()[:16]


def vectors_by_key():
    content = (DEMO / "embeddings.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + size]), content[8 + size :]

    def tensor(name, kind):
        start, end = header[name]["data_offsets"]
        return np.frombuffer(data[start:end], kind).reshape(header[name]["shape"])

    keys, vectors = tensor("keys", np.uint8), tensor("vectors", np.float16).astype(np.float32)
    return {bytes(key): vector for key, vector in zip(keys, vectors)}
