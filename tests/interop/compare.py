"""Loads what `figret` exports in PEFT and sentence-transformers and compares embeddings with the engine's.

    python compare.py MODEL_FOLDER EXPORTS TEXTS.txt

MODEL_FOLDER holds the base model, TEXTS.txt one text a line. EXPORTS holds `adapter/` (PEFT), `model/` and `model.zip`
(sentence-transformers) and the engine's vectors of the texts, `base.json` and `tuned.json`, as `figret embed --json`
prints them. Prints the largest difference of each way of loading; ends with a failure if one is above 1e-5.
"""

import json
import pathlib
import sys
import tempfile
import zipfile

import numpy as np
import peft
import sentence_transformers
import torch
import transformers
from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-5
# The adapter must move the vectors by far more than the tolerance, or agreement would mean nothing.
LEAST_EFFECT = 1e-2
MAX_TOKENS = 256


def engine_vectors(path):
    return np.array(json.loads(path.read_text())["embeddings"], dtype=np.float32)


def by_peft(base, adapter, texts):
    """As the adapter's own README says."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    model = peft.PeftModel.from_pretrained(transformers.AutoModel.from_pretrained(base), adapter).merge_and_unload().eval()
    batch = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1).numpy()


def by_load_adapter(base, adapter, texts):
    """The adapter beside the base model's weights, inside sentence-transformers."""
    model = SentenceTransformer(base, device="cpu")
    model.max_seq_length = MAX_TOKENS
    model.load_adapter(adapter)
    return model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def by_sentence_transformers(folder, texts):
    model = SentenceTransformer(str(folder), device="cpu")
    assert model.max_seq_length == MAX_TOKENS, model.max_seq_length
    return model.encode(texts, show_progress_bar=False)


def by_zip(archive, texts):
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(archive) as file:
        assert file.testzip() is None, "a file in the zip is damaged"
        file.extractall(place)
        return by_sentence_transformers(pathlib.Path(place) / "figret-model", texts)


def main():
    base, exports, texts = (pathlib.Path(argument) for argument in sys.argv[1:])
    texts = texts.read_text(encoding="utf-8").splitlines()
    torch.set_num_threads(2)
    before, tuned = engine_vectors(exports / "base.json"), engine_vectors(exports / "tuned.json")
    assert tuned.shape == (len(texts), 384), tuned.shape
    effect = float(np.abs(tuned - before).max())
    adapter, model = exports / "adapter", exports / "model"
    found = {
        "adapter, PeftModel": (by_peft(str(base), str(adapter), texts), tuned),
        "adapter, load_adapter": (by_load_adapter(str(base), str(adapter), texts), tuned),
        "merged folder": (by_sentence_transformers(model, texts), tuned),
        "merged zip": (by_zip(exports / "model.zip", texts), tuned),
    }
    worst = {name: float(np.abs(vectors - expected).max()) for name, (vectors, expected) in found.items()}
    packages = (torch, transformers, sentence_transformers, peft)
    print(", ".join(f"{package.__name__} {package.__version__}" for package in packages))
    print(f"{len(texts)} texts; the adapter moves a value by up to {effect:.4f}")
    for name, difference in worst.items():
        print(f"{name:<24} differs from the engine by at most {difference:.2e}")
    if not effect > LEAST_EFFECT:
        sys.exit("the adapter changes too little to be compared")
    # A NaN is above every tolerance.
    bad = [name for name, difference in worst.items() if not difference <= TOLERANCE]
    if bad:
        sys.exit(f"above {TOLERANCE}: {', '.join(bad)}")


if __name__ == "__main__":
    main()
