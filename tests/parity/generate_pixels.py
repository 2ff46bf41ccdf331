"""Writes `pixels/`: pictures of awkward sizes and kinds as files, and Pillow's resized and cropped
bytes for each, by open_clip's own transform (torchvision's) up to the bytes.

    pip install 'pillow<13' torchvision numpy
    python tests/parity/generate_pixels.py

Pillow before 13: from 13.0 on it resizes tall pictures vertically first, which moves noisy pixels
by up to 25 of 255. CLIP's training pixels, and the published tensors, are horizontal first.

Each `.png`, `.gif` or `.bmp` has a `.rgb` beside it: 3 x 32 x 32 bytes, row by row, interleaved.
"""

import shutil
from pathlib import Path

import numpy
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

FOLDER = Path(__file__).parent / "pixels"
SIDE = 32
REFERENCE = Compose([Resize(SIDE, interpolation=InterpolationMode.BICUBIC), CenterCrop(SIDE)])


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    sizes = [(1, 1), (1, 3000), (3000, 1), (2, 3), (31, 31), (32, 32), (33, 32), (32, 33), (33, 33), (64, 64), (65, 97),
             (100, 37), (37, 100), (319, 7), (250, 251), (16, 640), (500, 333), (31, 45), (2000, 1300)]
    random = numpy.random.default_rng(5)
    for width, height in sizes:
        save(f"rgb-{width}x{height}.png", Image.fromarray(picture(random, width, height)))
    rgb = Image.fromarray(picture(random, 90, 61))
    save("grey.png", rgb.convert("L"))
    save("palette.png", rgb.quantize(64))
    save("palette.gif", rgb.quantize(64))
    save("one-bit.png", rgb.convert("1"))
    save("rgb.bmp", rgb)
    alpha = Image.fromarray(random.integers(0, 256, (61, 90), dtype=numpy.uint8))
    save("rgba.png", Image.merge("RGBA", (*rgb.split(), alpha)))
    save("grey-alpha.png", Image.merge("LA", (rgb.convert("L"), alpha)))
    save("sixteen-bit-grey.png", sixteen_bit(random, 90, 61))


def picture(random, width, height):
    """Smooth, sharp and noisy parts: a filter that rounds otherwise shows."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = numpy.stack([128 + 127 * numpy.sin(x / 7 + c) * numpy.cos(y / 5 - c) for c in range(3)], axis=-1)
    checks = ((x // 3 + y // 2) % 2 * 255)[..., None]
    is_small = width * height < 20_000
    noise = random.integers(0, 256, (height, width, 3)) if is_small else numpy.stack([(x + c * y) % 256 for c in range(3)], axis=-1)
    waves = waves if is_small else noise
    part = ((x * 3 // max(width, 1)) % 3)[..., None]
    return numpy.where(part == 0, waves, numpy.where(part == 1, checks, noise)).astype(numpy.uint8)


def sixteen_bit(random, width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    return Image.fromarray(((x * 700 + y * 100) % 65536).astype(numpy.uint16))


def save(name, image):
    path = FOLDER / name
    image.save(path)
    opened = Image.open(path)
    if opened.mode.startswith("I"):
        # Pillow clips 16-bit grey at white when it converts; what every viewer shows is the high byte.
        opened = Image.fromarray((numpy.asarray(opened).astype(numpy.uint16) >> 8).astype(numpy.uint8))
    cropped = REFERENCE(opened.convert("RGB"))
    assert cropped.size == (SIDE, SIDE), (name, cropped.size)
    path.with_name(name + ".rgb").write_bytes(cropped.tobytes())


main()
