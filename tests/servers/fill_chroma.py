"""Fills a Chroma server: `norrvik` with the sample, `narrow` with vectors that are not of this model's width.

Usage: fill_chroma.py PORT
"""

import sys

import chromadb

import sample

client = chromadb.HttpClient("127.0.0.1", int(sys.argv[1]))
ids, titles, texts, vectors = zip(*sample.rows())
norrvik = client.create_collection(
    "norrvik", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
)
norrvik.add(ids=list(ids), embeddings=list(vectors), documents=list(texts), metadatas=[{"title": t} for t in titles])
narrow = client.create_collection("narrow", embedding_function=None)
narrow.add(ids=["a"], embeddings=[[1.0, 0.0, 0.0]], documents=["x"])
print(norrvik.count(), "passages")
