"""Makes the losses, gradients and steps that `crates/pixseek-clip/src/training/tests.rs` compares with.

By hand, after `generate.py`, with PyTorch and open_clip:

    pip install torch open_clip_torch transformers safetensors
    python tests/parity/generate_training.py

Each `training.safetensors` holds `loss`, `gradient.KEY` for every trained key of the model's own
weight file and, where steps were made, `after.KEY`.
"""

import json
import math
from pathlib import Path

import open_clip
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import SiglipConfig, SiglipModel

HERE = Path(__file__).parent
BATCH = 4


def main():
    clip("vit-gelu", contrastive, steps=3)
    clip("vit-quickgelu", distilled)
    clip("resnet", contrastive)
    siglip("siglip", steps=3)
    for name in ["vit-mean", "vit-scaled", "vit-query", "vit-query-square"]:
        clip(name, contrastive)


def clip(name, objective, steps=0):
    folder = HERE / name
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    model = open_clip.model.CLIP(**config).eval()
    model.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    model.float()
    fold_batch_norms(model)
    reference = load_file(folder / "reference.safetensors")
    pixels, ids = reference["pixels"][:BATCH], reference["token_ids"][:BATCH]

    def loss():
        images = model.encode_image(pixels, normalize=True)
        texts = model.encode_text(ids, normalize=True)
        return objective(images, texts, model.logit_scale.exp())

    save(folder, model, loss, steps)


def siglip(name, steps):
    folder = HERE / name
    model = SiglipModel(SiglipConfig.from_dict(json.loads((folder / "config.json").read_text()))).eval()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.float()
    reference = load_file(folder / "reference.safetensors")
    pixels, ids = reference["pixels"][:BATCH], reference["token_ids"][:BATCH]
    # `return_loss` is transformers' own sigmoid loss.
    save(folder, model, lambda: model(input_ids=ids, pixel_values=pixels, return_loss=True).loss, steps, scale_is_free=True)


def contrastive(images, texts, scale):
    logits = scale * images @ texts.T
    pairs = torch.arange(BATCH)
    return (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.T, pairs)) / 2


def distilled(images, texts, scale):
    """Teacher vectors that any program can make: cosines of whole numbers."""
    places = torch.arange(BATCH * images.shape[1], dtype=torch.float32)
    teacher_images = F.normalize(torch.cos(places).reshape(BATCH, -1), dim=1)
    teacher_texts = F.normalize(torch.cos(places + 0.5).reshape(BATCH, -1), dim=1)
    student, teacher = scale * images @ texts.T, 20.0 * teacher_images @ teacher_texts.T
    similarities = (cross(student, teacher) + cross(student.T, teacher.T)) / 2
    embeddings = 2 - (images * teacher_images).sum(1).mean() - (texts * teacher_texts).sum(1).mean()
    return similarities + 0.5 * embeddings / 2 + 0.25 * contrastive(images, texts, scale)


def cross(student, teacher):
    return -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean()


def save(folder, model, loss, steps, scale_is_free=False):
    named = [(key, value) for key, value in model.named_parameters() if value.requires_grad]
    first = loss()
    first.backward()
    out = {"loss": first.detach().reshape(1)}
    out |= {f"gradient.{key}": value.grad.clone() for key, value in named}
    if steps:
        # open_clip_train's two groups.
        plain = [value for _, value in named if value.ndim < 2]
        decaying = [value for _, value in named if value.ndim >= 2]
        optimizer = torch.optim.AdamW(
            [dict(params=plain, weight_decay=0.0), dict(params=decaying, weight_decay=0.2)],
            lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
        for _ in range(steps):
            optimizer.zero_grad()
            loss().backward()
            torch.nn.utils.clip_grad_norm_([value for _, value in named], 1.0)
            optimizer.step()
            if not scale_is_free:
                with torch.no_grad():
                    model.logit_scale.clamp_(0, math.log(100))
        out |= {f"after.{key}": value.detach() for key, value in named}
    save_file({key: value.contiguous() for key, value in out.items()}, folder / "training.safetensors")


@torch.no_grad()
def fold_batch_norms(model):
    """The same function with every batch norm's factor in the convolution before it."""
    modules = dict(model.named_modules())
    for name, norm in modules.items():
        if not isinstance(norm, torch.nn.BatchNorm2d):
            continue
        parent, _, last = name.rpartition(".")
        before = {"bn1": "conv1", "bn2": "conv2", "bn3": "conv3", "1": "0"}[last]
        convolution = modules[f"{parent}.{before}"]
        factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        convolution.weight.copy_((convolution.weight.double() * factor[:, None, None, None]).float())
        norm.bias.copy_((norm.bias.double() - norm.running_mean.double() * factor).float())
        norm.weight.fill_(1)
        norm.weight.requires_grad_(False)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)


main()
