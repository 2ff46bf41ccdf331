"""hnswlib on the vectors of the benchmark `index`: build, and search at the same recall."""

import sys
import time
from pathlib import Path

import hnswlib
import numpy as np

folder, dimension, wanted = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
rows = np.memmap(folder / "rows.f32", np.float32, "r").reshape(-1, dimension)
queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, dimension)

exact = np.zeros((len(queries), 10), np.int64)
best = np.full((len(queries), 10), -2.0, np.float32)
for start in range(0, len(rows), 50_000):
    scores = np.concatenate([best, queries @ rows[start : start + 50_000].T], axis=1)
    names = np.concatenate([exact, np.broadcast_to(np.arange(start, start + scores.shape[1] - 10), (len(queries), scores.shape[1] - 10))], axis=1)
    order = np.argsort(-scores, axis=1)[:, :10]
    best, exact = np.take_along_axis(scores, order, 1), np.take_along_axis(names, order, 1)

index = hnswlib.Index("ip", dimension)
index.init_index(len(rows), ef_construction=200, M=16, random_seed=1)
start = time.perf_counter()
for at in range(0, len(rows), 50_000):
    index.add_items(rows[at : at + 50_000])
print(f"{'hnswlib: build, all threads':<44}{len(rows) / (time.perf_counter() - start):>10.0f} rows/s")

index.set_num_threads(1)
for ef in (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 512, 1024):
    index.set_ef(ef)
    for query in queries:
        found, _ = index.knn_query(query, 10)
    start = time.perf_counter()
    found = [index.knn_query(query, 10)[0][0] for query in queries]
    each = (time.perf_counter() - start) / len(queries) * 1e3
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact)])
    if recall >= wanted:
        break
print(f"{f'hnswlib: search, one thread, ef {ef}':<44}{each:>10.3f} ms   recall@10 {recall:.4f}")
