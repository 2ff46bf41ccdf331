"""The table of the README's section on speed: pixseek and its peers, in one run on one machine.

    pip install rclip torch open_clip_torch onnx onnxruntime onnxscript
    python tests/parity/generate.py --full-size ViT-B-32 /tmp/b32
    python tests/parity/generate.py --full-size ViT-B-32-256 /tmp/b32-256
    cargo build --release --package pixseek
    python crates/pixseek/benches/peers/table.py target/release/pixseek /tmp/b32 /tmp/b32-256 PHOTOS...

Every folder of PHOTOS is indexed with the embedded model, and the last one also by rclip.
"""

import json
import platform
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def bench(pixseek, *arguments):
    return json.loads(run(pixseek, "-q", "--device", "cpu", *arguments, "--json"))


def main(pixseek, b32, b32_256, *folders):
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    own = [(folder, bench(pixseek, "bench", "--photos", folder)) for folder in folders]
    b32_own = bench(pixseek, "--model", b32, "bench", "--photos", folders[0])
    peers = json.loads(run(sys.executable, HERE / "towers.py", b32).strip().splitlines()[-1])
    against = run(sys.executable, HERE / "rclip_index.py", b32_256, folders[-1], pixseek)
    rclip, ours = (float(re.search(name + r".*?([\d.]+) photos/s", against)[1]) for name in ("rclip:", "pixseek:"))

    print(f"{date.today()}, {cpu[1] if cpu else platform.machine()}, {own[0][1]['threads']} threads\n")
    print("| | pixseek | peer | |\n|---|---|---|---|")
    for folder, one in own:
        busy = f", processors {100 * one['busy']:.0f} % busy" if one["busy"] else ""
        print(f"| file to index, embedded model, {one['megapixels']:.1f} megapixels (`{Path(folder).name}`) "
              f"| {one['photos_per_second']:.0f} photos/s{busy} | | |")
    print(f"| file to index, ViT-B/32 at 256, `{Path(folders[-1]).name}` | {ours:.1f} photos/s | rclip {rclip:.1f} "
          f"| {ours / rclip:.1f}x |")
    tower = max(b32_own["image_tower_photos_per_second"].values())
    onnx = max(rate for name, rate in peers.items() if name.startswith("image onnxruntime"))
    torch = max(rate for name, rate in peers.items() if name.startswith("image pytorch f32"))
    half = max(rate for name, rate in peers.items() if name.startswith("image pytorch bf16"))
    print(f"| ViT-B/32 image tower, {b32_own['precision']} | {tower:.0f} photos/s | onnxruntime f32 {onnx:.0f}, "
          f"PyTorch f32 {torch:.0f}, bf16 {half:.0f} | {tower / onnx:.2f}x, {tower / torch:.2f}x, {tower / half:.2f}x |")
    text, peer = b32_own["text_ms"], peers["text onnxruntime f32 ms"]
    print(f"| ViT-B/32 text tower, 7 tokens | {text:.1f} ms | onnxruntime, 77 tokens {peer:.1f} | {peer / text:.1f}x |")
    print(f"| a search, whole process, embedded model | {own[0][1]['cold_search_ms']:.0f} ms | | |")


main(*sys.argv[1:])
