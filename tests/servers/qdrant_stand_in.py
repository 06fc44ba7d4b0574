"""A stand-in for a Qdrant server, which no package registry has: its requests and answers by qdrant-client's own models,
its search by that client's local mode, which compares with every vector. It holds the sample as `norrvik`.

Usage: qdrant_stand_in.py PORT KEY
"""

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

from qdrant_client import QdrantClient
from qdrant_client.http import models

import sample

PORT, KEY = int(sys.argv[1]), sys.argv[2]
CLIENT = QdrantClient(":memory:")


def fill():
    config = models.VectorParams(size=384, distance=models.Distance.COSINE)
    CLIENT.create_collection("norrvik", vectors_config=config)
    points = [
        models.PointStruct(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, id)),
            vector=vector.tolist(),
            payload={"doc": {"id": id, "title": title}, "text": text},
        )
        for id, title, text, vector in sample.rows()
    ]
    CLIENT.upsert("norrvik", points)


def answer(method, path, body):
    """The `result` of an answer; `None` where there is nothing."""
    parts = path.strip("/").split("/")
    if parts[0] != "collections" or len(parts) < 2 or not CLIENT.collection_exists(parts[1]):
        return None
    name, rest = parts[1], "/".join(parts[2:])
    if (method, rest) == ("GET", ""):
        return plain(CLIENT.get_collection(name))
    if (method, rest) == ("POST", "points/query/batch"):
        asked = models.QueryRequestBatch(**body)
        return [plain(found) for found in CLIENT.query_batch_points(name, asked.searches)]
    if (method, rest) == ("POST", "points"):
        asked = models.PointRequest(**body)
        return [plain(point) for point in CLIENT.retrieve(name, asked.ids, with_payload=asked.with_payload)]
    if (method, rest) == ("POST", "points/scroll"):
        asked = models.ScrollRequest(**body)
        points, after = CLIENT.scroll(
            name,
            scroll_filter=asked.filter,
            limit=asked.limit,
            with_payload=asked.with_payload,
            with_vectors=asked.with_vector or False,
        )
        return {"points": [plain(point) for point in points], "next_page_offset": after}
    return None


def plain(model):
    return model.model_dump(mode="json")


class Handler(BaseHTTPRequestHandler):
    def do_OPTIONS(self):
        self.reply(200, None)

    def do_GET(self):
        self.serve("GET", None)

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.serve("POST", json.loads(self.rfile.read(size)))

    def serve(self, method, body):
        if self.path == "/":
            return self.reply(200, {"title": "a stand-in for Qdrant"})
        if self.headers["api-key"] != KEY:
            return self.reply(401, {"status": {"error": "Must provide an API key"}, "time": 0.0})
        result = answer(method, self.path, body)
        if result is None:
            return self.reply(404, {"status": {"error": "Not found"}, "time": 0.0})
        self.reply(200, {"result": result, "status": "ok", "time": 0.0})

    def reply(self, status, value):
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "api-key, content-type")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


fill()
HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
