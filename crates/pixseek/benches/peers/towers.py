"""ViT-B/32 with random weights in PyTorch and onnxruntime: the peers of `pixseek bench --model DIR`.

    pip install torch open_clip_torch onnx onnxruntime onnxscript
    python tests/parity/generate.py --full-size ViT-B-32 /tmp/b32
    python crates/pixseek/benches/peers/towers.py /tmp/b32

Prints photos a second of the image tower and milliseconds of the text tower, best of several runs.
"""

import json
import sys
import time
from pathlib import Path

import numpy
import onnxruntime
import open_clip
import torch
from safetensors.torch import load_file

TOKENS, BATCHES = 7, (1, 8, 32)


def best(run, times):
    run()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@torch.no_grad()
def main(folder):
    model = open_clip.create_model("ViT-B-32").eval().requires_grad_(False)
    model.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    # Its fused attention has no counterpart in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    measured = {}

    visual = folder / "visual.onnx"
    if not visual.exists():
        torch.onnx.export(model.visual, torch.randn(2, 3, 224, 224), str(visual), input_names=["input"],
                          output_names=["output"], dynamic_axes={"input": {0: "batch"}}, dynamo=False)
    session = onnxruntime.InferenceSession(str(visual), options)
    reduced = open_clip.create_model("ViT-B-32").eval()
    reduced.load_state_dict(model.state_dict())
    reduced = reduced.bfloat16()
    for batch in BATCHES:
        pixels = torch.randn(batch, 3, 224, 224)
        values, half = pixels.numpy(), pixels.bfloat16()
        times = max(4, 64 // batch)
        measured[f"image onnxruntime f32 {batch}"] = batch / best(lambda: session.run(None, {"input": values}), times)
        measured[f"image pytorch f32 {batch}"] = batch / best(lambda: model.visual(pixels), times)
        measured[f"image pytorch bf16 {batch}"] = batch / best(lambda: reduced.visual(half), times)

    text = folder / "text.onnx"
    if not text.exists():
        class Text(torch.nn.Module):
            def forward(self, ids):
                return model.encode_text(ids)
        ids = torch.randint(1, 1000, (1, 77))
        ids[:, TOKENS - 1] = 49407
        torch.onnx.export(Text(), ids, str(text), input_names=["input"], output_names=["output"], dynamo=False)
    session = onnxruntime.InferenceSession(str(text), options)
    ids = torch.randint(1, 1000, (1, 77))
    ids[:, TOKENS - 1] = 49407
    # As it is published, the text tower always computes all 77 positions.
    measured["text onnxruntime f32 ms"] = 1000 * best(lambda: session.run(None, {"input": ids.numpy()}), 20)
    measured["text pytorch f32 ms"] = 1000 * best(lambda: model.encode_text(ids), 20)
    print(json.dumps(measured))


main(Path(sys.argv[1]))
