"""Runs `figret index` on the shards of a corpus by Ray Data: one shard a task, on any node that sees the files.

A task that fails is tried again by Ray; a shard that is finished already is kept, so a run that was broken off is simply
started again. The rows that come back tell what each shard holds; the vectors lie in OUT as Parquet.

Usage: index_with_ray.py --corpus PATH --out DIR --shards N [--cpus 2] [--figret figret] [--model DIR]
"""

import argparse
import json
import os
import subprocess

import ray


def index_shard(row, figret, arguments, cpus):
    """Embeds one shard; gives what `figret index --json` reports of it."""
    command = [figret, "index", "--json", "--shard", row["shard"], *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, "RAYON_NUM_THREADS": str(cpus)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return {"shard": row["shard"], **json.loads(done.stdout)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--cpus", type=int, default=2, help="cores of a task")
    parser.add_argument("--figret", default="figret", help="the program, where every node has it")
    parser.add_argument("--model", default="models/all-MiniLM-L6-v2", help="its folder, where every node has it")
    given = parser.parse_args()

    # A task runs in a folder of its own.
    corpus = [os.path.abspath(path) for path in given.corpus]
    out, model = os.path.abspath(given.out), os.path.abspath(given.model)
    arguments = ["--corpus", *corpus, "--out", out, "--model", model, "--backend", "cpu"]
    shards = [{"shard": f"{number}/{given.shards}"} for number in range(1, given.shards + 1)]
    reports = (
        ray.data.from_items(shards, override_num_blocks=given.shards)
        .map(
            index_shard,
            fn_kwargs={"figret": given.figret, "arguments": arguments, "cpus": given.cpus},
            num_cpus=given.cpus,
        )
        .take_all()
    )
    for report in sorted(reports, key=lambda report: report["path"]):
        kept = ", kept" if report["is_kept"] else ""
        print(f"{report['shard']}: {report['passages']} passages{kept}, {report['seconds']:.1f} s")
    print(sum(report["passages"] for report in reports), "passages in all")


if __name__ == "__main__":
    main()
