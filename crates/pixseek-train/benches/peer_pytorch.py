"""The same contrastive training in PyTorch with open_clip, to hold `pixseek-train` against.

    pip install torch torchvision open_clip_torch safetensors tokenizers "pillow<13"
    python peer_pytorch.py --model DIR --captions FILE --held-out FILE [--epochs 5] [--random]

Same data, batches, augmentation, loss, optimiser, schedule and frozen batch norms; other chance.
Prints recall before and after and the photos a second of its steps alone.
"""

import argparse
import json
import math
import time
from pathlib import Path

import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torchvision import transforms

parser = argparse.ArgumentParser()
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--captions", type=Path, required=True)
parser.add_argument("--held-out", type=Path, required=True)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--learning-rate", type=float, default=5e-5)
parser.add_argument("--weight-decay", type=float, default=0.1)
parser.add_argument("--steps", type=int, help="stop after so many, to measure speed only")
parser.add_argument("--random", action="store_true", help="begin with random weights")
options = parser.parse_args()
torch.manual_seed(0)

config = json.loads((options.model / "open_clip_config.json").read_text())["model_cfg"]
model = open_clip.model.CLIP(**config)
if not options.random:
    model.load_state_dict(load_file(options.model / "open_clip_model.safetensors"))
model.float()
side, context = config["vision_cfg"]["image_size"], config["text_cfg"]["context_length"]
device = "cuda" if torch.cuda.is_available() else "cpu"
model.to(device)
if any(isinstance(part, torch.nn.BatchNorm2d) for part in model.modules()):
    model.eval()  # frozen, as folded ones are

tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
tokenizer.enable_truncation(context)
tokenizer.enable_padding(length=context)
tokens = lambda texts: torch.tensor([e.ids for e in tokenizer.encode_batch([t.lower() for t in texts])], device=device)
normal = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize(open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)])
bicubic = transforms.InterpolationMode.BICUBIC
augment = transforms.Compose([
    transforms.RandomResizedCrop(side, scale=(0.6, 1.0), interpolation=bicubic),
    transforms.RandomHorizontalFlip(0.5), normal])
plain = transforms.Compose([transforms.Resize(side, interpolation=bicubic), transforms.CenterCrop(side), normal])


def read(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(Image.open(path.parent / line["file"]).convert("RGB"), line["captions"]) for line in lines]


@torch.no_grad()
def recall(when):
    images = torch.cat([model.encode_image(torch.stack([plain(image) for image, _ in part]).to(device), normalize=True)
                        for part in chunks(held_out)])
    texts = torch.cat([model.encode_text(tokens([caption for _, captions in part for caption in captions]), normalize=True)
                       for part in chunks(held_out)])
    owners = torch.tensor([index for index, (_, captions) in enumerate(held_out) for _ in captions], device=device)
    scores = texts @ images.T
    own = scores[torch.arange(len(owners)), owners]
    ranks = (scores > own[:, None]).sum(1) + 1
    print(f"{when}: " + ", ".join(f"recall@{k} {100 * (ranks <= k).float().mean():.1f} %" for k in (1, 5, 10)), flush=True)


def chunks(rows):
    return [rows[start : start + 64] for start in range(0, len(rows), 64)]


learn, held_out = read(options.captions), read(options.held_out)
named = [(name, value) for name, value in model.named_parameters()]
optimizer = torch.optim.AdamW(
    [dict(params=[value for _, value in named if value.ndim < 2], weight_decay=0.0),
     dict(params=[value for _, value in named if value.ndim >= 2], weight_decay=options.weight_decay)],
    lr=options.learning_rate, betas=(0.9, 0.98), eps=1e-6)
batches = len(learn) // options.batch
steps = options.epochs * batches
warm_up = steps // 20
recall("before")
step, seconds = 0, 0.0
for epoch in range(options.epochs):
    order = torch.randperm(len(learn))[: batches * options.batch].reshape(batches, options.batch)
    for members in order:
        begun = time.perf_counter()
        pixels = torch.stack([augment(learn[index][0]) for index in members]).to(device)
        texts = tokens([learn[index][1][torch.randint(len(learn[index][1]), ())] for index in members])
        rate = options.learning_rate * ((step + 1) / warm_up if step < warm_up else
                                        0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))))
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = model.logit_scale.exp() * model.encode_image(pixels, normalize=True) @ model.encode_text(texts, normalize=True).T
        pairs = torch.arange(options.batch, device=device)
        loss = (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.T, pairs)) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        step += 1
        seconds += time.perf_counter() - begun
        if step % 10 == 0:
            print(f"step {step} of {steps}: loss {loss.item():.3f}, {step * options.batch / seconds:.1f} photos/s", flush=True)
        if step == options.steps:
            raise SystemExit
    recall(f"epoch {epoch + 1}")
