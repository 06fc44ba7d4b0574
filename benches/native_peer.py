"""The native benchmark's peer: sentence-transformers on PyTorch's CPU, told on stdin when to embed or to learn.

    python native_peer.py MODEL_FOLDER TEXTS.json THREADS

Prints one JSON object a line: after loading and one warm-up its versions, then for each line of input `embed` the
milliseconds that the texts took, for `step layers` those of one training step of every weight of the encoder layers,
and for `compare FILE` the least cosine against the vectors that `figret index` wrote there.
"""

import hashlib
import json
import pathlib
import sys
import time

import numpy as np
import sentence_transformers
import torch

MAX_TOKENS = 256


def say(**values):
    print(json.dumps(values), flush=True)


def read_vectors(path):
    """Vectors by the first 16 bytes of their text's SHA-256."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    part = lambda name: body[slice(*header[name]["data_offsets"])]
    keys, vectors = part("keys"), np.frombuffer(part("vectors"), dtype="<f2")
    vectors = vectors.reshape(header["vectors"]["shape"]).astype(np.float64)
    return {keys[16 * row : 16 * row + 16]: vector for row, vector in enumerate(vectors)}


def least_cosine(texts, found, path):
    vectors = read_vectors(path)
    expected = np.stack([vectors[hashlib.sha256(text.encode()).digest()[:16]] for text in texts])
    norms = np.linalg.norm(expected, axis=-1) * np.linalg.norm(found, axis=-1)
    return float(((expected * found).sum(-1) / norms).min())


class Lesson:
    """Steps on the same batch as `benches/engine.rs` takes: 16 queries of 23 tokens, AdamW, clipped gradients."""

    def __init__(self, folder):
        self.bert = sentence_transformers.SentenceTransformer(folder, device="cpu")[0].auto_model
        self.bert.embeddings.requires_grad_(False)
        trained = list(self.bert.encoder.parameters())
        self.optimizer = torch.optim.AdamW(trained, lr=1e-6, weight_decay=0.01)
        self.trained = trained
        self.ids = torch.tensor([[1000 + 97 * i + 13 * j for j in range(23)] for i in range(16)])

    def step(self):
        states = self.bert(input_ids=self.ids, attention_mask=torch.ones_like(self.ids)).last_hidden_state
        embeddings = torch.nn.functional.normalize(states.mean(1), dim=-1)
        (0.01 * embeddings.sum()).backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()


def main():
    folder, file, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    texts = json.loads(pathlib.Path(file).read_text())
    model = sentence_transformers.SentenceTransformer(folder, device="cpu")
    model.max_seq_length = MAX_TOKENS
    embed = lambda: model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    found = embed()
    say(torch=torch.__version__, sentence_transformers=sentence_transformers.__version__, threads=torch.get_num_threads())
    lesson = Lesson(folder)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "embed":
            start = time.perf_counter()
            found = embed()
            say(ms=(time.perf_counter() - start) * 1e3)
        elif word == "step":
            start = time.perf_counter()
            lesson.step()
            say(ms=(time.perf_counter() - start) * 1e3)
        elif word == "compare":
            say(least_cosine=least_cosine(texts, found.astype(np.float64), pathlib.Path(rest)))


if __name__ == "__main__":
    main()
