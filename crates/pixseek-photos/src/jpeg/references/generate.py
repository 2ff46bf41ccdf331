"""Makes small JPEGs and what others make of them at a half, a quarter and an eighth.

libjpeg-turbo averages the samples of a whole transform at a half and a quarter; where no colours
are subsampled, SciPy's transforms of the decoded picture give what the decoder here computes, the
inverse of the low frequencies alone. libjpeg-turbo has no transform for colours of half as many
columns as rows; means of the whole picture's pixels stand for it.

By hand: pip install pillow numpy scipy; python generate.py
"""

from pathlib import Path

import numpy
import scipy.fft
from PIL import Image

HERE = Path(__file__).parent
WIDTH, HEIGHT = 93, 67


def picture():
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    waves = [numpy.sin(x / 7 + y / 11), numpy.cos(x / 13 - y / 5), numpy.sin((x - 40) * (y - 30) / 300)]
    noise = numpy.random.default_rng(7).normal(0, 9, (HEIGHT, WIDTH, 3))
    return numpy.clip(128 + 90 * numpy.stack(waves, axis=2) + noise, 0, 255).astype(numpy.uint8)


def save(name, image, by=None, **options):
    path = HERE / f"{name}.jpg"
    image.save(path, quality=85, **options)
    for scale in (2, 4, 8):
        reduced = (by or by_libjpeg)(path, scale)
        assert reduced.size == (-(-WIDTH // scale), -(-HEIGHT // scale))
        (HERE / f"{name}.{scale}.rgb").write_bytes(reduced.convert("RGB").tobytes())


def by_libjpeg(path, scale):
    reduced = Image.open(path)
    reduced.draft(reduced.mode, tuple(side // scale for side in reduced.size))
    return reduced


def by_means(path, scale):
    return Image.open(path).reduce(scale)


def by_scipy(path, scale):
    whole = Image.open(path)
    if whole.mode == "RGB":
        whole.draft("YCbCr", whole.size)
    samples = numpy.array(whole, dtype=float).reshape(HEIGHT, WIDTH, -1)
    points = 8 // scale
    size = (-(-HEIGHT // scale), -(-WIDTH // scale))
    # The picture's last blocks are cut off in part, so what they were is not known: they are
    # filled up with their last samples, and the pixels made of them are not compared.
    samples = numpy.pad(samples, ((0, -HEIGHT % 8), (0, -WIDTH % 8), (0, 0)), mode="edge")
    rows, columns, channels = (side // 8 for side in (*samples.shape[:2], 8 * samples.shape[2]))
    blocks = samples.reshape(rows, 8, columns, 8, channels).transpose(0, 2, 4, 1, 3)
    low = scipy.fft.dctn(blocks, axes=(3, 4), norm="ortho")[..., :points, :points]
    small = scipy.fft.idctn(low, axes=(3, 4), norm="ortho") * points / 8
    small = small.transpose(0, 3, 1, 4, 2).reshape(rows * points, columns * points, channels)
    small = numpy.clip(numpy.round(small), 0, 255).astype(numpy.uint8)[: size[0], : size[1]]
    if whole.mode != "L":
        return Image.fromarray(small, "YCbCr").convert("RGB")
    return Image.fromarray(small[..., 0])


colours = Image.fromarray(picture())
save("444", colours, by=by_scipy, subsampling="4:4:4")
save("420", colours, subsampling="4:2:0")
save("422", colours, by=by_means, subsampling="4:2:2")
save("420-restarts", colours, subsampling="4:2:0", restart_marker_blocks=3, optimize=True)
save("grey", colours.convert("L"), by=by_scipy)
colours.save(HERE / "progressive.jpg", quality=85, progressive=True)
