"""Makes small JPEGs and what others make of them at a half, a quarter and an eighth.

The references are SciPy's inverse transforms of the low frequencies of each block; the coefficients
are read from the JPEG below, by the book (ITU T.81) and without speed. Means of the
whole picture's pixels as libjpeg-turbo decodes it (NAME.means) are less sharp, but they are another
decoder's.

jpegtran makes JPEGs of several scans with the same coefficients, so they have the same references.

By hand: pip install pillow numpy scipy; apt-get install libjpeg-turbo-progs; python generate.py
"""

import io
import subprocess
from pathlib import Path

import numpy
import scipy.fft
from PIL import Image

HERE = Path(__file__).parent
WIDTH, HEIGHT = 93, 67
ZIGZAG = sorted(range(64), key=lambda at: (at // 8 + at % 8, (at // 8, at % 8)[(at // 8 + at % 8 + 1) % 2]))


def picture():
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    waves = [numpy.sin(x / 7 + y / 11), numpy.cos(x / 13 - y / 5), numpy.sin((x - 40) * (y - 30) / 300)]
    noise = numpy.random.default_rng(7).normal(0, 9, (HEIGHT, WIDTH, 3))
    return numpy.clip(128 + 90 * numpy.stack(waves, axis=2) + noise, 0, 255).astype(numpy.uint8)


class Bits:
    """The bits of a scan, and its Huffman codes."""

    def __init__(self, data):
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count):
        self.at += count
        return int(self.bits[self.at - count : self.at] or "0", 2)

    def value(self, count):
        raw = self.take(count)
        return raw if count == 0 or raw >> (count - 1) else raw - (1 << count) + 1

    def symbol(self, table):
        for length in range(1, 17):
            symbol = table.get(self.bits[self.at : self.at + length])
            if symbol is not None:
                self.at += length
                return symbol
        raise ValueError("no such code")


def huffman(counts, symbols):
    table, code, symbols = {}, 0, iter(symbols)
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            table[f"{code:0{length}b}"] = next(symbols)
            code += 1
        code <<= 1
    return table


def coefficients(jpeg):
    """The dequantized blocks of each component and its sampling factors, across and down."""
    at, quantization, tables, interval = 2, {}, {}, 0
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        segment, at = jpeg[at + 4 : at + 2 + length], at + 2 + length
        if marker == 0xDB:
            for start in range(0, len(segment), 65):
                quantization[segment[start]] = list(segment[start + 1 : start + 65])
        elif marker == 0xC4:
            while segment:
                total = sum(segment[1:17])
                tables[segment[0]] = huffman(segment[1:17], segment[17 : 17 + total])
                segment = segment[17 + total :]
        elif marker == 0xDD:
            interval = int.from_bytes(segment, "big")
        elif marker in (0xC0, 0xC1):
            frame = [segment[start : start + 3] for start in range(6, len(segment), 3)]
        elif marker == 0xDA:
            break
    pieces = jpeg[at:-2].replace(b"\xff\x00", b"\xff\x00\x00")
    for restart in range(0xD0, 0xD8):
        pieces = pieces.replace(bytes([0xFF, restart]), b"\xff\xd0")
    pieces = [Bits(piece.replace(b"\xff\x00\x00", b"\xff")) for piece in pieces.split(b"\xff\xd0")]
    factors = [(one[1] >> 4, one[1] & 15) for one in frame] if len(frame) > 1 else [(1, 1)]
    most = [max(axis) for axis in zip(*factors)]
    across, down = -(-WIDTH // (8 * most[0])), -(-HEIGHT // (8 * most[1]))
    planes = [numpy.zeros((down * h, across * w, 8, 8)) for w, h in factors]
    before = [0] * len(frame)
    for unit in range(across * down):
        if unit == 0 or interval and unit % interval == 0:
            bits, before = pieces.pop(0), [0] * len(frame)
        for number, (w, h) in enumerate(factors):
            dc, ac = (0x00, 0x10) if number == 0 else (0x01, 0x11)
            steps = quantization[frame[number][2]]
            for block in range(w * h):
                values = [0] * 64
                before[number] += bits.value(bits.symbol(tables[dc]))
                values[0], place = before[number], 1
                while place < 64:
                    run, size = divmod(bits.symbol(tables[ac]), 16)
                    if size == 0 and run != 15:
                        break
                    place += run
                    values[place] = bits.value(size)
                    place += 1
                square = numpy.zeros(64)
                for place, value in enumerate(values):
                    square[ZIGZAG[place]] = value * steps[place]
                row, column = unit // across * h + block // w, unit % across * w + block % w
                planes[number][row, column] = square.reshape(8, 8)
    return planes, factors


def exact(path, scale):
    """Each component's low frequencies, as few as its samples; then the samples' pixels."""
    planes, factors = coefficients(path.read_bytes())
    most = [max(axis) for axis in zip(*factors)]
    size = (-(-HEIGHT // scale), -(-WIDTH // scale))
    samples = []
    for blocks, (w, h) in zip(planes, factors):
        columns, rows = min(8 // scale * most[0] // w, 8), min(8 // scale * most[1] // h, 8)
        low = blocks[..., :rows, :columns]
        small = scipy.fft.idctn(low, axes=(2, 3), norm="ortho") * numpy.sqrt(rows * columns) / 8
        small = small.transpose(0, 2, 1, 3).reshape(blocks.shape[0] * rows, blocks.shape[1] * columns)
        small = numpy.clip(numpy.round(small + 128), 0, 255).astype(numpy.uint8)
        repeat = (8 // scale * most[1] // h // rows, 8 // scale * most[0] // w // columns)
        small = small.repeat(repeat[0], axis=0).repeat(repeat[1], axis=1)
        samples.append(small[: size[0], : size[1]])
    if len(samples) == 1:
        return Image.fromarray(samples[0])
    return Image.merge("YCbCr", [Image.fromarray(plane) for plane in samples])


def references(name):
    path = HERE / f"{name}.jpg"
    for scale in (2, 4, 8):
        small = exact(path, scale).convert("RGB")
        (HERE / f"{name}.{scale}.rgb").write_bytes(small.tobytes())


def means(name):
    """The means of libjpeg-turbo's pixels at an eighth, a quarter and a half, one after another."""
    path = HERE / f"{name}.jpg"
    pixels = subprocess.run(["djpeg", "-nosmooth", "-dct", "float", path], capture_output=True, check=True)
    picture = Image.open(io.BytesIO(pixels.stdout)).convert("RGB")
    (HERE / f"{name}.means").write_bytes(b"".join(picture.reduce(scale).tobytes() for scale in (8, 4, 2)))


def several_scans(name, kind, script=None, *options):
    command = ["jpegtran", *options]
    if script is None:
        command.append("-progressive")
    else:
        (HERE / "script").write_text(script)
        command += ["-scans", HERE / "script"]
    jpeg = subprocess.run([*command, HERE / f"{name}.jpg"], capture_output=True, check=True)
    (HERE / f"{name}.{kind}.jpg").write_bytes(jpeg.stdout)
    (HERE / "script").unlink(missing_ok=True)


def save(name, image, **options):
    image.save(HERE / f"{name}.jpg", quality=85, **options)
    references(name)


def save_by_cjpeg(name, image, *options):
    pixels = io.BytesIO()
    image.save(pixels, "PPM")
    command = ["cjpeg", "-quality", "85", *options]
    jpeg = subprocess.run(command, input=pixels.getvalue(), capture_output=True, check=True)
    (HERE / f"{name}.jpg").write_bytes(jpeg.stdout)
    references(name)


colours = Image.fromarray(picture())
save("444", colours, subsampling="4:4:4")
save("420", colours, subsampling="4:2:0")
save("422", colours, subsampling="4:2:2")
save("420-restarts", colours, subsampling="4:2:0", restart_marker_blocks=3, optimize=True)
save("grey", colours.convert("L"))
save_by_cjpeg("440", colours, "-sample", "1x2")
save_by_cjpeg("411", colours, "-sample", "4x1")
save_by_cjpeg("410", colours, "-sample", "4x2")
# Red and blue of different sizes, which only the standard's readers expect.
save_by_cjpeg("uneven", colours, "-sample", "2x2,2x1,1x2")
# Luma has fewer samples than blue.
save_by_cjpeg("coarse-luma", colours, "-sample", "1x1,4x1,1x1")

ALL = ["444", "420", "422", "420-restarts", "440", "411", "410", "uneven", "grey", "coarse-luma"]
for name in ALL:
    means(name)
    several_scans(name, "progressive", None, *(["-restart", "3B"] if name == "420-restarts" else []))
# One scan for each component, and one for both colours.
several_scans("444", "scans", "0; 1; 2;", "-restart", "5B")
several_scans("420", "scans", "0; 1 2;")
# Bands without refinements.
several_scans("422", "bands", "0 1 2: 0 0 0 0; " + "".join(
    f"{component}: {first} {last} 0 0; "
    for first, last in [(1, 1), (2, 9), (10, 40), (41, 63)] for component in range(3)
))
# Bit after bit, the colours first.
several_scans("411", "bits", "0 1 2: 0 0 0 4; " + "".join(f"{one}: 1 63 0 4; " for one in (2, 1, 0)) + "".join(
    f"0 1 2: 0 0 {low + 1} {low}; " + "".join(f"{one}: 1 63 {low + 1} {low}; " for one in (1, 2, 0))
    for low in (3, 2, 1, 0)
), "-restart", "7B")
