"""hnswlib on the vectors of the benchmark `index`: build, and search at the same recall."""

import sys
import time
from pathlib import Path

import hnswlib
import numpy as np

AT_A_TIME = 50_000
BEAMS = (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)


def main():
    folder, dimension = Path(sys.argv[1]), int(sys.argv[2])
    rows = np.memmap(folder / "rows.f32", np.float32, "r").reshape(-1, dimension)
    index = hnswlib.Index("ip", dimension)
    index.init_index(len(rows), ef_construction=200, M=16, random_seed=1)
    start, processor = time.perf_counter(), time.process_time()
    for at in range(0, len(rows), AT_A_TIME):
        index.add_items(rows[at : at + AT_A_TIME])
    elapsed, processor = time.perf_counter() - start, time.process_time() - processor
    what = "hnswlib: build, all threads"
    print(f"{what:<44}{len(rows) / elapsed:>10.0f} rows/s, {len(rows) / processor:.0f} a processor second")
    index.set_num_threads(1)
    for name, wanted in zip(sys.argv[3::2], sys.argv[4::2]):
        queries = np.fromfile(folder / f"{name}.f32", np.float32).reshape(-1, dimension)
        search(index, name, queries, exact(rows, queries), float(wanted))


def exact(rows, queries):
    best = np.full((len(queries), 10), -2.0, np.float32)
    found = np.zeros((len(queries), 10), np.int64)
    for start in range(0, len(rows), AT_A_TIME):
        scores = queries @ rows[start : start + AT_A_TIME].T
        names = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        scores, names = np.concatenate([best, scores], 1), np.concatenate([found, names], 1)
        order = np.argsort(-scores, axis=1)[:, :10]
        best, found = np.take_along_axis(scores, order, 1), np.take_along_axis(names, order, 1)
    return found


def search(index, name, queries, exact, wanted):
    for ef in BEAMS:
        index.set_ef(ef)
        for query in queries:
            index.knn_query(query, 10)
        start = time.perf_counter()
        found = [index.knn_query(query, 10)[0][0] for query in queries]
        each = (time.perf_counter() - start) / len(queries) * 1e3
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact)])
        if recall >= wanted:
            break
    print(f"{f'hnswlib: {name}, one thread, ef {ef}':<44}{each:>10.3f} ms   recall@10 {recall:.4f}")


main()
