"""Photos into rclip's index, with a model of its own shape and random weights: the peer of
`pixseek index`.

    pip install rclip torch open_clip_torch onnx onnxruntime
    python tests/parity/generate.py --full-size ViT-B-32-256 /tmp/b32-256
    python crates/pixseek/benches/peers/rclip_index.py /tmp/b32-256 PHOTOS [PIXSEEK]

rclip's own program runs: its loader, its threads, its batches, its database; only the model file
is another. Prints photos a second, and beside it, with the path of a pixseek binary, pixseek's on
the same model and photos, and the ratio. Both begin with an empty index and with the photos in
the page cache.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import onnxruntime
import open_clip
import torch
from rclip import db, main, model
from safetensors.torch import load_file


def session(folder):
    path = folder / "visual.onnx"
    if not path.exists():
        torch.backends.mha.set_fastpath_enabled(False)
        clip = open_clip.create_model("ViT-B-32-256").eval().requires_grad_(False)
        clip.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
        torch.onnx.export(clip.visual, torch.randn(2, 3, 256, 256), str(path), input_names=["input"],
                          output_names=["output"], dynamic_axes={"input": {0: "batch"}}, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options)


def rclip(folder, photos):
    model.Model._session_visual = session(folder)
    with tempfile.TemporaryDirectory() as place:
        # rclip's own default of photos together.
        program = main.RClip(model.Model(), db.DB(Path(place) / "db.sqlite3"), 8, None)
        start = time.perf_counter()
        program.ensure_index(str(photos))
        seconds = time.perf_counter() - start
        paths, _ = program._get_features(str(photos))
        program.close()
    return len(paths), seconds


def pixseek(binary, folder, photos):
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        subprocess.run([binary, "-q", "--index-dir", f"{place}/index", "--model", folder, "--device", "cpu", "index", photos])
        return time.perf_counter() - start


folder, photos = Path(sys.argv[1]), Path(sys.argv[2])
for photo in photos.rglob("*"):
    photo.is_file() and photo.read_bytes()
count, peer = rclip(folder, photos)
print(f"rclip: {count} photos, {count / peer:.1f} photos/s")
if len(sys.argv) > 3:
    own = pixseek(sys.argv[3], folder, photos)
    print(f"pixseek: {count / own:.1f} photos/s, {peer / own:.2f}x, with starting and hashing the model")
